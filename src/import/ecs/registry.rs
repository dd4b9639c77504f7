//! Registry paths and values. Called by the Sysmon pipeline.

use super::document::Document;

/// Hives by every name that events give them.
const HIVES: &[(&str, &str)] = &[
    ("HKCC", "HKCC"),
    ("HKCR", "HKCR"),
    ("HKCU", "HKCU"),
    ("HKDD", "HKDD"),
    ("HKEY_CLASSES_ROOT", "HKCR"),
    ("HKEY_CURRENT_CONFIG", "HKCC"),
    ("HKEY_CURRENT_USER", "HKCU"),
    ("HKEY_DYN_DATA", "HKDD"),
    ("HKEY_LOCAL_MACHINE", "HKLM"),
    ("HKEY_PERFORMANCE_DATA", "HKPD"),
    ("HKEY_USERS", "HKU"),
    ("HKLM", "HKLM"),
    ("HKPD", "HKPD"),
    ("HKU", "HKU"),
];

/// Puts a path and its parts. The key keeps the name of the value, as Elastic's pipelines have it.
pub(super) fn put_path(document: &mut Document, path: String) {
    let parts = path.trim_end_matches('\\');
    let (first, rest) = parts.split_once('\\').unwrap_or((parts, ""));
    if let Some((_, hive)) = HIVES.iter().find(|(name, _)| *name == first) {
        document.put("registry.hive", *hive);
        if !rest.is_empty() {
            document.put("registry.key", rest);
        }
    }
    let value = parts.rsplit('\\').next().unwrap_or_default();
    if !value.is_empty() {
        document.put("registry.value", value);
    }
    document.put("registry.path", path);
}

/// Puts what Sysmon says about the data of a value.
pub(super) fn put_details(document: &mut Document, details: &str) {
    let (text, kind) = data(details);
    document.put("registry.data.strings", vec![text]);
    document.put("registry.data.type", kind);
}

fn data(details: &str) -> (String, &'static str) {
    let within = |name: &str| details.strip_prefix(name)?.strip_suffix(')');
    if let Some(number) = within("DWORD (").and_then(hexadecimal) {
        return (number.to_string(), "SZ_DWORD");
    }
    if let Some((high, low)) = within("QWORD (").and_then(|pair| pair.split_once('-'))
        && let (Some(high), Some(low)) = (hexadecimal(high), hexadecimal(low))
    {
        // The pipelines shift the high half by 8 bits, not by 32, and so do we.
        return ((high << 8).wrapping_add(low).to_string(), "SZ_QWORD");
    }
    if details == "Binary Data" {
        return (details.to_owned(), "REG_BINARY");
    }
    (details.to_owned(), "REG_SZ")
}

fn hexadecimal(text: &str) -> Option<u64> {
    u32::from_str_radix(text.strip_prefix("0x")?, 16)
        .ok()
        .map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_have_the_type_that_they_name() {
        assert_eq!(data("DWORD (0x00000010)"), ("16".to_owned(), "SZ_DWORD"));
        assert_eq!(
            data("QWORD (0x01d66bc7-0x134dfa39)"),
            ("8216232249".to_owned(), "SZ_QWORD")
        );
        assert_eq!(
            data("Binary Data"),
            ("Binary Data".to_owned(), "REG_BINARY")
        );
        assert_eq!(data("DWORD (x)"), ("DWORD (x)".to_owned(), "REG_SZ"));
    }

    #[test]
    fn only_a_hive_that_is_known_makes_a_key() {
        let mut document = Document::new();
        put_path(&mut document, r"HKLM\SOFTWARE\A".to_owned());
        assert_eq!(document.get("registry.hive").unwrap(), "HKLM");
        assert_eq!(document.get("registry.key").unwrap(), r"SOFTWARE\A");
        assert_eq!(document.get("registry.value").unwrap(), "A");
        let mut document = Document::new();
        put_path(&mut document, r"\REGISTRY\A\{x}\Root".to_owned());
        assert_eq!(document.get("registry.hive"), None);
        assert_eq!(document.get("registry.key"), None);
        assert_eq!(document.get("registry.value").unwrap(), "Root");
    }
}
