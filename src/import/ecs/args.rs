//! Splits a command line into arguments, as the pipelines of Sysmon and PowerShell do.

/// Splits a Windows command line; quotes are removed.
///
/// A quote opens and closes, and `""` within quotes is one quote that closes. Backslashes count only
/// before a quote: two are one, an odd one makes the quote literal. The program's own name is no
/// exception, as it is to Windows.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut chars = line.chars().peekable();
    let mut args = Vec::new();
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
    let mut slashes = 0;
    while let Some(next) = chars.next() {
        match next {
            '\\' => slashes += 1,
            '"' => {
                text.extend(std::iter::repeat_n('\\', slashes / 2));
                if slashes % 2 == 1 {
                    text.push('"');
                } else {
                    if quoted && chars.next_if_eq(&'"').is_some() {
                        text.push('"');
                    }
                    quoted = !quoted;
                }
                slashes = 0;
            }
            _ if is_space(next) && !quoted => break,
            _ => {
                text.extend(std::iter::repeat_n('\\', slashes));
                slashes = 0;
                text.push(next);
            }
        }
    }
    text.extend(std::iter::repeat_n('\\', slashes));
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
            split(r#"a.exe C:\x\ "C:\y z\\" \"q\" \\\"r \\srv\share\"#),
            [
                "a.exe",
                r"C:\x\",
                r"C:\y z\",
                "\"q\"",
                r#"\"r"#,
                r"\\srv\share\"
            ]
        );
    }

    #[test]
    fn a_doubled_quote_within_quotes_is_one_and_closes() {
        assert_eq!(split(r#"a "b""c" """#), ["a", "b\"c \""]);
        assert_eq!(split(r#"a "b""c d"#), ["a", "b\"c", "d"]);
    }

    #[test]
    fn the_program_is_split_as_the_rest() {
        assert_eq!(split(r#""C:\a\" b"#), [r#"C:\a" b"#]);
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
