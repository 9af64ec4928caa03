//! Rust source as words and signs: comments and characters are taken out, a string is one token, lines are kept.
//!
//! Enough of the language to follow `use` and paths, not more: a parser would be a dependency that has to keep up with
//! the language, and a search by text would find what stands in comments.

/// A word, a sign, or a string with its opening quote, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Takes source apart. `::` is one token; any other sign is a token of one character.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut scanner = Scanner { chars, at: 0, line: 1 };
    let mut found = Vec::new();
    while let Some(token) = scanner.next() {
        found.push(token);
    }
    found
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Scanner {
    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.peek(0)?;
            match (c, self.peek(1)) {
                ('/', Some('/')) => self.skip_while(|c| c != '\n'),
                ('/', Some('*')) => self.skip_block_comment(),
                ('"', _) => return Some(self.string()),
                ('\'', _) => self.skip_character_or_lifetime(),
                _ if c.is_whitespace() => self.skip(1),
                _ if c.is_alphanumeric() || c == '_' => {
                    if let Some(word) = self.word() {
                        return Some(word);
                    }
                }
                (':', Some(':')) => return Some(self.sign(2)),
                _ => return Some(self.sign(1)),
            }
        }
    }

    /// A word or a number. `None` when it was the prefix of a string.
    fn word(&mut self) -> Option<Token> {
        let line = self.line;
        let start = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let text: String = self.chars[start..self.at].iter().collect();
        match (text.as_str(), self.peek(0)) {
            ("r" | "br" | "cr", Some('"' | '#')) if self.skip_raw_string() => None,
            ("b" | "c", Some('"')) => Some(self.string()),
            ("b", Some('\'')) => {
                self.skip_character_or_lifetime();
                None
            }
            // `r#type`: the name without its prefix.
            ("r", Some('#')) => {
                self.skip(1);
                self.word()
            }
            _ => Some(Token { text, line }),
        }
    }

    fn sign(&mut self, len: usize) -> Token {
        let text = self.chars[self.at..self.at + len].iter().collect();
        let token = Token { text, line: self.line };
        self.skip(len);
        token
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while let Some(c) = self.peek(0) {
            let len = match (c, self.peek(1)) {
                ('/', Some('*')) => {
                    depth += 1;
                    2
                }
                ('*', Some('/')) => {
                    depth -= 1;
                    2
                }
                _ => 1,
            };
            self.skip(len);
            if depth == 0 {
                return;
            }
        }
    }

    /// `"…"` as it is written, without its closing quote.
    fn string(&mut self) -> Token {
        let (line, start) = (self.line, self.at);
        self.skip(1);
        while let Some(c) = self.peek(0).filter(|&c| c != '"') {
            self.skip(if c == '\\' { 2 } else { 1 });
        }
        let text = self.chars[start..self.at].iter().collect();
        self.skip(1);
        Token { text, line }
    }

    /// Skips `"…"` or `#"…"#` after an `r`; says whether it was one.
    fn skip_raw_string(&mut self) -> bool {
        let hashes = self.chars[self.at..].iter().take_while(|&&c| c == '#').count();
        if self.peek(hashes) != Some('"') {
            return false;
        }
        self.skip(hashes + 1);
        while self.peek(0).is_some() {
            let closes = self.peek(0) == Some('"') && (1..=hashes).all(|n| self.peek(n) == Some('#'));
            if closes {
                self.skip(hashes + 1);
                break;
            }
            self.skip(1);
        }
        true
    }

    /// `'x'`, `'\n'`, `'\u{1f600}'` or `'static`.
    fn skip_character_or_lifetime(&mut self) {
        match (self.peek(1), self.peek(2)) {
            (Some('\\'), _) => {
                self.skip(3);
                self.skip_while(|c| c != '\'');
                self.skip(1);
            }
            (Some(_), Some('\'')) => self.skip(3),
            _ => {
                self.skip(1);
                self.skip_while(|c| c.is_alphanumeric() || c == '_');
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn skip(&mut self, len: usize) {
        let end = (self.at + len).min(self.chars.len());
        self.line += self.chars[self.at..end].iter().filter(|&&c| c == '\n').count();
        self.at = end;
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.skip(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn check(source: &str, expected: &str) {
        let found: Vec<String> = tokens(source).into_iter().map(|token| token.text).collect();
        assert_eq!(found.join(" "), expected, "{source}");
    }

    #[test]
    fn what_stands_in_comments_and_strings_is_no_word() {
        check("a // crate::b\nc", "a c");
        check("a /* crate::b /* deeper */ still */ c", "a c");
        check(r#"a("crate::b \" crate::c") d"#, r#"a ( "crate::b \" crate::c ) d"#);
        check("a(r\"x\\\") b r#\"crate::c \" \"# d", "a ( ) b d");
        check("b\"crate::x\" br#\"y\"# c\"z\" e", "\"crate::x \"z e");
        check("'\"' a '\\'' b '\\u{41}' c b'x' d", "a b c d");
        check("fn f<'a>(x: &'a str) -> &'static str", "fn f < > ( x : & str ) - > & str");
    }

    #[test]
    fn words_and_signs_are_kept_with_their_lines() {
        check("use crate::{a::b, c as _};", "use crate :: { a :: b , c as _ } ;");
        check("r#type::x", "type :: x");
        let lines: Vec<usize> = tokens("a\n\"x\ny\"\n/*\n*/ b").into_iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }
}
