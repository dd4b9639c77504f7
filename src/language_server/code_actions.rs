//! Quick fixes: a name that is not known is replaced by the one that was probably meant.

use serde_json::{Value, json};

use super::documents::Document;
use super::position::Encoding;

/// The kind of these actions, as the protocol names it.
pub(super) const QUICK_FIX: &str = "quickfix";

/// The actions for the diagnostics that the client shows where it asks.
pub(super) fn code_actions(document: &Document, encoding: Encoding, params: &Value) -> Value {
    let diagnostics = params.pointer("/context/diagnostics");
    let diagnostics = diagnostics.and_then(Value::as_array).into_iter().flatten();
    let actions = diagnostics.filter_map(|one| action(document, encoding, one));
    actions.collect()
}

/// The replacement that a diagnostic suggests, if the name still stands in its range.
fn action(document: &Document, encoding: Encoding, diagnostic: &Value) -> Option<Value> {
    let range = diagnostic.get("range")?;
    let text = document.text.text();
    let place = |end: &str| document.lines.offset(text, range.get(end)?, encoding);
    let shown = text.get(place("start")?..place("end")?)?;
    let data = diagnostic.get("data")?;
    let word = |key: &str| data.get(key).and_then(Value::as_str);
    let (name, suggestion) = (word("name")?, word("suggestion")?);
    // The range may be wider than the name: quotes, or a `?` before an optional field.
    let mut places = shown.match_indices(name);
    let (start, _) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    let (before, after) = (shown.get(..start)?, shown.get(start + name.len()..)?);
    let edit = json!({"range": range, "newText": format!("{before}{suggestion}{after}")});
    Some(json!({
        "title": format!("Replace `{name}` by `{suggestion}`"),
        "kind": QUICK_FIX,
        "diagnostics": [diagnostic],
        "isPreferred": true,
        "edit": {"changes": {document.uri.as_str(): [edit]}},
    }))
}
