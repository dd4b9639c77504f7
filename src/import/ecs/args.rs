//! A command line in the arguments that the started program sees: the rules of Microsoft's C run
//! time and of `CommandLineToArgvW`. Called by the pipelines of this folder only.

/// Splits a Windows command line; quotes are removed.
///
/// The first argument, the program, knows no escapes: it ends at the next quote, or at white
/// space when it has none. In the others a quote opens and closes, `""` within quotes is one
/// quote, and backslashes count only before a quote: two are one, an odd one makes the quote
/// literal.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut chars = line.trim_start_matches(is_space).chars().peekable();
    let mut args = Vec::new();
    if chars.peek().is_none() {
        return args;
    }
    let mut program = String::new();
    let mut quoted = false;
    while let Some(&next) = chars.peek() {
        if next == '"' {
            quoted = !quoted;
        } else if is_space(next) && !quoted {
            break;
        } else {
            program.push(next);
        }
        chars.next();
    }
    args.push(program);
    loop {
        while chars.next_if(|next| is_space(*next)).is_some() {}
        if chars.peek().is_none() {
            return args;
        }
        args.push(argument(&mut chars));
    }
}

fn argument(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    let mut quoted = false;
    while let Some(&next) = chars.peek() {
        match next {
            '\\' => {
                let mut count = 0;
                while chars.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                if chars.peek() == Some(&'"') {
                    text.extend(std::iter::repeat_n('\\', count / 2));
                    if count % 2 == 1 {
                        text.push('"');
                        chars.next();
                    }
                } else {
                    text.extend(std::iter::repeat_n('\\', count));
                }
            }
            '"' => {
                chars.next();
                if quoted && chars.next_if_eq(&'"').is_some() {
                    text.push('"');
                } else {
                    quoted = !quoted;
                }
            }
            _ if is_space(next) && !quoted => break,
            _ => {
                text.push(next);
                chars.next();
            }
        }
    }
    text
}

fn is_space(next: char) -> bool {
    matches!(next, ' ' | '\t')
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_are_removed_and_hold_spaces_together() {
        assert_eq!(
            split(r#""C:\Program Files\a.exe"  -x "b c" d"e f"g"#),
            [r"C:\Program Files\a.exe", "-x", "b c", "de fg"]
        );
    }

    #[test]
    fn backslashes_count_only_before_a_quote() {
        assert_eq!(
            split(r#"a.exe C:\x\ "C:\y z\\" \"q\" \\\"r \\srv\share"#),
            [
                "a.exe",
                r"C:\x\",
                r"C:\y z\",
                "\"q\"",
                r#"\"r"#,
                r"\\srv\share"
            ]
        );
    }

    #[test]
    fn a_doubled_quote_within_quotes_is_one() {
        assert_eq!(split(r#"a "b""c" """#), ["a", "b\"c", ""]);
    }

    #[test]
    fn the_program_knows_no_escapes() {
        assert_eq!(split(r#""C:\a\" b"#), [r"C:\a\", "b"]);
        assert_eq!(
            split(r"\??\C:\windows\system32\conhost.exe 0xffffffff").len(),
            2
        );
    }

    #[test]
    fn nothing_has_no_arguments() {
        assert!(split("").is_empty());
        assert!(split("  ").is_empty());
        assert_eq!(split("a \t "), ["a"]);
    }
}
