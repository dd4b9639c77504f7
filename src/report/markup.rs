//! Text within markup; of the formats that are XML, and of HTML written as XML is.

use crate::diagnostic::escape;

/// Text within XML 1.0, in an attribute or not; what XML cannot hold, or
/// what turns the direction of text, is shown.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push(character),
            _ if escape::is_active(character) => {
                escaped.push_str(&escape::line(character.encode_utf8(&mut [0; 4])));
            }
            // What XML cannot hold.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
