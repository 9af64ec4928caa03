//! Where everything stands in a document, byte by byte and with its comments: for changing it in place.
//!
//! From the events of the parser on which our YAML library stands: it tells comments, which everything that builds values drops.

use std::ops::Range;

use granit_parser::{Event, Parser, Span, StructureStyle};

/// A document as it is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What it holds; `None` where it holds nothing but comments.
    pub root: Option<Part>,
    /// Its comments from `#` to the end of their lines, in their order.
    pub comments: Vec<Range<usize>>,
}

/// A value in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// From its first byte to behind its last one. Nothing is where nothing was written.
    pub span: Range<usize>,
    /// What is in it.
    pub shape: Shape,
}

/// What is in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Something that can only be replaced whole: a text, an alias, or what stands in brackets or braces.
    Whole,
    /// A list with a line for each item, or more.
    List(Vec<Part>),
    /// A map with a line for each entry, or more.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// Where the key stands.
    pub key: Range<usize>,
    /// The value.
    pub value: Part,
}

impl Layout {
    /// That of a document, `None` for what is no YAML, or more than one document.
    pub fn of(text: &str) -> Option<Self> {
        let mut events = Vec::new();
        let mut comments = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.ok()?;
            match event {
                Event::Comment(..) => comments.push(span.byte_range()?),
                Event::DocumentStart(..) => documents += 1,
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Anchor(..) => {}
                event => events.push((event, span)),
            }
        }
        comments.sort_by_key(|comment| comment.start);
        let mut events = events.into_iter();
        let root = match events.next() {
            Some(first) if documents == 1 => Some(part(text, first, &mut events)?).filter(|root| !root.span.is_empty()),
            None => None,
            Some(_) => return None,
        };
        Some(Self { root, comments })
    }
}

type Told<'a> = (Event<'a>, Span);

/// The value that begins with this event.
fn part<'a>(text: &str, (event, span): Told<'a>, rest: &mut impl Iterator<Item = Told<'a>>) -> Option<Part> {
    let start = span.byte_range()?;
    match event {
        Event::Scalar(..) => Some(Part { span: trimmed(text, start), shape: Shape::Whole }),
        Event::Alias(_) => Some(Part { span: start, shape: Shape::Whole }),
        Event::SequenceStart(style, ..) => {
            let mut items = Vec::new();
            let end = loop {
                match rest.next()? {
                    (Event::SequenceEnd, end) => break end,
                    item => items.push(part(text, item, rest)?),
                }
            };
            // An item that is nothing has no place to speak of.
            let is_plain = style == StructureStyle::Block && items.iter().all(|item| !item.span.is_empty());
            let last = items.last().map(|item| item.span.end);
            let end = if style == StructureStyle::Block { last? } else { end.byte_range()?.end };
            let shape = if is_plain { Shape::List(items) } else { Shape::Whole };
            Some(Part { span: start.start..end, shape })
        }
        Event::MappingStart(style, ..) => {
            let (mut entries, mut is_plain) = (Vec::new(), style == StructureStyle::Block);
            let end = loop {
                let (name, key) = match rest.next()? {
                    (Event::MappingEnd, end) => break end,
                    (Event::Scalar(name, ..), key) => (name.into_owned(), key.byte_range()?),
                    (other, span) => {
                        is_plain = false;
                        (String::new(), part(text, (other, span), rest)?.span)
                    }
                };
                let next = rest.next()?;
                let mut value = part(text, next, rest)?;
                if value.span.is_empty() {
                    let colon = key.end + text.get(key.end..)?.find(':')? + 1;
                    value.span = colon..colon;
                }
                entries.push(Entry { name, key, value });
            };
            let span = match style {
                StructureStyle::Block => entries.first()?.key.start..entries.last()?.value.span.end,
                StructureStyle::Flow => start.start..end.byte_range()?.end,
            };
            Some(Part { span, shape: if is_plain { Shape::Map(entries) } else { Shape::Whole } })
        }
        _ => None,
    }
}

/// Without the white space behind it, which texts over several lines have.
fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text.get(span.clone()).map_or(span.end, |slice| span.start + slice.trim_end().len());
    span.start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of a map with where they stand, as the text there.
    fn shown(text: &str, part: &Part) -> String {
        match &part.shape {
            Shape::Whole => format!("<{}>", &text[part.span.clone()]),
            Shape::List(items) => items.iter().map(|item| format!("- {} ", shown(text, item))).collect(),
            Shape::Map(entries) => {
                entries.iter().map(|entry| format!("{}={} ", entry.name, shown(text, &entry.value))).collect()
            }
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str, comments: &[&str]) {
        let layout = Layout::of(text).unwrap();
        assert_eq!(layout.root.as_ref().map_or_else(String::new, |root| shown(text, root)), expected);
        let told: Vec<&str> = layout.comments.iter().map(|comment| &text[comment.clone()]).collect();
        assert_eq!(told, comments);
    }

    #[test]
    fn everything_has_its_place() {
        check("a: |\n  one\n\n  # no comment\n# about b\nb: 2\n", "a=<one\n\n  # no comment> b=<2> ", &["# about b"]);
        check("t: [a, # x\n b]   # t\nz: {}\n", "t=<[a, # x\n b]> z=<{}> ", &["# x", "# t"]);
        check(
            "c: >- # folded\n  one\nb: # none\nd: 'x # y' # é\n",
            "c=<one> b=<> d=<'x # y'> ",
            &["# folded", "# none", "# é"],
        );
        check(
            "# é\nr: # r\n# why\n- a: x # d\n  q: 1\n  # in\n- b: &a y\n# end\nz: *a\n",
            "r=- a=<x> q=<1>  - b=<y>   z=<*a> ",
            &["# é", "# r", "# why", "# d", "# in", "# end"],
        );
        check("a:\n  -\n  - b\n", "a=<-\n  - b> ", &[]);
    }

    #[test]
    fn documents_with_nothing_in_them_and_what_is_none() {
        check("", "", &[]);
        check("---\n# x\n", "", &["# x"]);
        assert_eq!(Layout::of("a: [\n"), None);
        assert_eq!(Layout::of("a: 1\n---\nb: 2\n"), None);
    }
}
