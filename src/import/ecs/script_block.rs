//! What the integration's pipeline measures in the text of a script block (event 4104): a hash,
//! length, and how its characters are distributed. Called by the PowerShell pipeline.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;
use unicode_normalization::UnicodeNormalization as _;

use super::document::Document;

/// Trims the text and puts what is measured in it.
pub(super) fn measure(document: &mut Document) {
    const TEXT: &str = "powershell.file.script_block_text";
    let Some(text) = document.text(TEXT).map(|text| text.trim().to_owned()) else {
        return;
    };
    document.put("powershell.file.script_block_hash", fingerprint(&text));
    let script = without_signature(&text).to_owned();
    document.put(TEXT, text);
    if !is_inside_signature(&script) {
        put_distribution(&script, document);
    }
}

/// As the processor `fingerprint`: SHA-1 over a zero and the text without white space.
fn fingerprint(text: &str) -> String {
    let bare: String = text.chars().filter(|next| !is_space(*next)).collect();
    let mut hash = Sha1::new();
    hash.update(&[0]);
    hash.update(bare.as_bytes());
    STANDARD.encode(hash.digest().bytes())
}

/// What Java's `\s` is.
fn is_space(next: char) -> bool {
    matches!(next, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn without_signature(text: &str) -> &str {
    const BEGIN: &str = "# SIG # Begin signature block";
    match text.find(BEGIN) {
        // Something must follow for it to be cut off.
        Some(start) if text.len() > start + BEGIN.len() => text.get(..start).unwrap_or(text),
        _ => text,
    }
}

/// Whether the second line is one of a signature, so that the text is nothing else. The first may
/// be cut off within one.
fn is_inside_signature(text: &str) -> bool {
    const LINE: usize = 64;
    let Some((first, rest)) = text.split_once('\n') else {
        return false;
    };
    let second = rest.split('\n').next().unwrap_or_default();
    let second = second.strip_suffix('\r').unwrap_or(second);
    let Some(content) = second.strip_prefix('#').filter(|_| !first.is_empty()) else {
        return false;
    };
    let content = content.strip_prefix(' ').unwrap_or(content);
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    content.len() == LINE && content.bytes().all(is_base64)
}

/// Entropy in bits, also as a part of the greatest that a text of this length can have, and the
/// standard deviation of the surprise. Units are UTF-16's, as Java counts.
#[expect(
    clippy::cast_precision_loss,
    reason = "a script block has fewer characters than a double has integers"
)]
fn put_distribution(script: &str, document: &mut Document) {
    let units: Vec<u16> = script.nfc().collect::<String>().encode_utf16().collect();
    if units.is_empty() {
        return;
    }
    let mut counts = vec![0_u64; 1 << 16];
    for unit in &units {
        if let Some(count) = counts.get_mut(usize::from(*unit)) {
            *count += 1;
        }
    }
    let length = units.len() as f64;
    let shares: Vec<f64> = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / length)
        .collect();
    let entropy = -shares.iter().map(|share| share * share.log2()).sum::<f64>();
    let spread = |share: &f64| share * (share.log2() + entropy).powi(2);
    let variance: f64 = shares.iter().map(spread).sum();
    let most = length.log2();
    let normalised = if most > 0.0 { entropy / most } else { 0.0 };
    let field = |name: &str| format!("powershell.file.script_block_{name}");
    // Not `-0.0`, for a text of one character.
    document.put(&field("entropy_bits"), entropy.max(0.0));
    document.put(&field("entropy_normalized"), normalised.clamp(0.0, 1.0));
    document.put(&field("surprisal_stdev"), variance.max(0.0).sqrt());
    document.put(&field("length"), units.len());
    document.put(&field("unique_symbols"), shares.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> serde_json::Value {
        let mut document = Document::new();
        document.put("powershell.file.script_block_text", text);
        measure(&mut document);
        document.get("powershell.file").unwrap().clone()
    }

    #[test]
    fn a_text_is_trimmed_and_measured() {
        let file = measured("  aabb\n");
        assert_eq!(file["script_block_text"], "aabb");
        assert_eq!(file["script_block_length"], 4);
        assert_eq!(file["script_block_unique_symbols"], 2);
        assert_eq!(file["script_block_entropy_bits"].as_f64(), Some(1.0));
        assert_eq!(file["script_block_entropy_normalized"].as_f64(), Some(0.5));
        assert_eq!(file["script_block_surprisal_stdev"].as_f64(), Some(0.0));
        // `printf '\0ab' | openssl sha1 -binary | base64`
        assert_eq!(measured("a b")["script_block_hash"], HASH_OF_AB);
    }

    const HASH_OF_AB: &str = "MDUFIiECC5aWlQMHG8n+72bNRd4=";

    #[test]
    fn units_are_those_of_utf_16_in_composed_form() {
        assert_eq!(measured("e\u{301}")["script_block_length"], 1);
        assert_eq!(measured("\u{1f600}")["script_block_length"], 2);
    }

    #[test]
    fn a_signature_is_not_measured() {
        let text = "Get-X\n# SIG # Begin signature block\n# abc";
        assert_eq!(measured(text)["script_block_length"], 6);
        let only = format!("# x\n# {}\n", "A".repeat(64));
        let file = measured(&only);
        assert_eq!(file.get("script_block_length"), None);
        assert!(file.get("script_block_hash").is_some());
    }
}
