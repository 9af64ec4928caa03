//! Reading what `-F` printed, when there is text from outside in it. Pure.
//!
//! A title or a folder's name may hold any byte, line ends too, so no separator is safe by itself. `#{q:…}` puts a backslash before
//! spaces and semicolons (and all else that means something to a shell), so a space that stands alone is ours and ends a field, and
//! a semicolon that stands alone is ours and ends a record.

/// A format of records with these fields (`session_id`, `@pintle_env`, …).
pub(in crate::tmux) fn format(fields: &[&str]) -> String {
    let mut format: String = fields.iter().map(|field| format!("#{{q:{field}}} ")).collect();
    format.push(';');
    format
}

/// The records that such a format printed; `None` if one has another number of fields.
pub(in crate::tmux) fn records<const FIELDS: usize>(printed: &[u8]) -> Option<Vec<[Vec<u8>; FIELDS]>> {
    let mut records = Vec::new();
    let mut fields: Vec<Vec<u8>> = Vec::with_capacity(FIELDS);
    let (mut start, mut at) = (0, 0);
    while let Some(byte) = printed.get(at) {
        match byte {
            b'\\' => at += 1,
            b' ' => {
                fields.push(quoted_text(&printed[start..at]));
                start = at + 1;
            }
            b';' if start == at => {
                records.push(std::mem::take(&mut fields).try_into().ok()?);
                // The line's end.
                at += 1;
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    (fields.is_empty() && start >= printed.len()).then_some(records)
}

/// The text behind `#{q:…}`, byte for byte. tmux puts a backslash before what means something to a shell, a backslash too, and
/// 3.4 and later write control bytes as `\n` or `\033` besides. No letter and no digit is escaped by the former, so what follows a
/// backslash says which it was.
pub fn quoted_text(quoted: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        let Some((&escaped, after)) = rest.split_first() else {
            text.push(byte);
            break;
        };
        rest = after;
        text.push(match escaped {
            b'0'..=b'3' if after.len() >= 2 && after[..2].iter().all(|digit| (b'0'..=b'7').contains(digit)) => {
                rest = &after[2..];
                (escaped - b'0') << 6 | (after[0] - b'0') << 3 | (after[1] - b'0')
            }
            b'0' => 0,
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b's' => b' ',
            other => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As tmux 3.2 and 3.3 write a value, and as 3.4 does.
    fn quote(text: &[u8], later: bool) -> Vec<u8> {
        let mut quoted = Vec::new();
        for byte in text {
            match byte {
                b'\n' if later => quoted.extend(b"\\n"),
                0..=0x1f | 0x7f..=0xff if later => quoted.extend(format!("\\{byte:03o}").bytes()),
                byte if b"|&;<>()$`\\\"'*?[# =%".contains(byte) => quoted.extend([b'\\', *byte]),
                byte => quoted.push(*byte),
            }
        }
        quoted
    }

    proptest! {
        #[test]
        fn no_text_forges_a_field(records in prop::collection::vec(prop::array::uniform3(prop::collection::vec(any::<u8>(), 0..12)), 0..5), later: bool) {
            let mut printed = Vec::new();
            for record in &records {
                for field in record {
                    printed.extend(quote(field, later));
                    printed.push(b' ');
                }
                printed.extend(b";\n");
            }
            prop_assert_eq!(super::records::<3>(&printed), Some(records));
        }

        #[test]
        fn no_bytes_make_it_panic(printed in prop::collection::vec(prop_oneof![Just(b'\\'), Just(b' '), Just(b';'), any::<u8>()], 0..40)) {
            let _ = super::records::<2>(&printed);
        }
    }

    #[test]
    fn another_number_of_fields_is_no_record() {
        assert_eq!(records::<2>(b"a b ;\n"), Some(vec![[b"a".to_vec(), b"b".to_vec()]]));
        assert_eq!(records::<2>(b" \\;\\  ;\n"), Some(vec![[vec![], b"; ".to_vec()]]));
        assert_eq!(records::<2>(b""), Some(vec![]));
        for wrong in [&b"a ;\n"[..], b"a b c ;\n", b"a b", b"a b ;\nhook\n"] {
            assert_eq!(records::<2>(wrong), None, "{:?}", wrong.escape_ascii().to_string());
        }
    }
}
