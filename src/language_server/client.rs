//! The capabilities of the client, and those that the server announces.

use serde_json::{Value, json};

use super::code_actions::QUICK_FIX;
use super::documents::Document;
use super::notice::Notice;
use super::position::{Encoding, Lines};
use super::scenario::lenses::{ACCEPT, EXPLAIN, RUN};
use super::uri;
use crate::diagnostic::render::page;
use crate::diagnostic::{SourceText, Span};
use crate::json_rpc::request;

/// A client as it presented itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    lens_refresh: bool,
    hint_refresh: bool,
    watches: bool,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub(super) fn new(params: &Value) -> Self {
        let can = |what: &str| {
            let pointer = format!("/capabilities/{what}");
            params.pointer(&pointer).and_then(Value::as_bool) == Some(true)
        };
        let offered = params.pointer("/capabilities/general/positionEncodings");
        Self {
            encoding: Encoding::negotiate(offered.unwrap_or(&Value::Null)),
            lens_refresh: can("workspace/codeLens/refreshSupport"),
            hint_refresh: can("workspace/inlayHint/refreshSupport"),
            watches: can("workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }

    /// The answer to `initialize`.
    pub(super) fn answer(&self) -> Value {
        json!({
            "serverInfo": {"name": "trapline", "version": env!("CARGO_PKG_VERSION")},
            "capabilities": {
                "positionEncoding": self.encoding.word(),
                "textDocumentSync": {"openClose": true, "change": 2, "save": {}},
                "completionProvider": {"triggerCharacters": [".", ":", "$", "'", "\"", "["]},
                "hoverProvider": true,
                "definitionProvider": true,
                "referencesProvider": true,
                "codeLensProvider": {"resolveProvider": false},
                "inlayHintProvider": true,
                "documentFormattingProvider": true,
                "codeActionProvider": {"codeActionKinds": [QUICK_FIX]},
                "executeCommandProvider": {"commands": [RUN, ACCEPT, EXPLAIN]},
            },
        })
    }

    /// The request to be told of files that change on the disk.
    pub(super) fn registration(&self) -> Option<Value> {
        let watchers = json!([{"globPattern": "**/*.{toml,yaml,yml,json,ndjson,snap}"}]);
        let params = json!({"registrations": [{
            "id": "trapline-files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers},
        }]});
        self.watches
            .then(|| request("trapline-0", "client/registerCapability", &params))
    }

    /// The methods by which the client asks again for what runs change.
    pub(super) fn refreshes(&self) -> Vec<&'static str> {
        let lens = self.lens_refresh.then_some("workspace/codeLens/refresh");
        let hint = self.hint_refresh.then_some("workspace/inlayHint/refresh");
        lens.into_iter().chain(hint).collect()
    }

    /// A notice as the protocol has it.
    pub(super) fn diagnostic(&self, notice: &Notice, document: &Document, root: &str) -> Value {
        let related = notice.related.iter().map(|(source, span, message)| {
            let location = if source.name() == document.text.name() {
                self.location(&document.uri, &document.text, *span)
            } else {
                self.location(&of_file(root, source.name()), source, *span)
            };
            json!({"location": location, "message": message})
        });
        // A verdict or a class of change has no page of its own.
        let page = notice.has_page.then(|| json!({"href": page(&notice.code)}));
        json!({
            "codeDescription": page,
            "range": self.range(document, notice.span),
            "severity": notice.weight as u8,
            "code": notice.code,
            "source": "trapline",
            "message": notice.message,
            "data": notice.data,
            "relatedInformation": related.collect::<Vec<_>>(),
        })
    }

    /// A span of a document.
    pub(super) fn range(&self, document: &Document, span: Span) -> Value {
        document
            .lines
            .range(document.text.text(), span, self.encoding)
    }

    /// A span of any text.
    pub(super) fn location(&self, uri: &str, text: &SourceText, span: Span) -> Value {
        let lines = Lines::new(text.text());
        json!({"uri": uri, "range": lines.range(text.text(), span, self.encoding)})
    }
}

/// The URI of a file of the project.
pub(super) fn of_file(root: &str, name: &str) -> String {
    let is_absolute = name.starts_with('/') || name.get(1..2) == Some(":");
    if is_absolute {
        uri::of_path(name)
    } else {
        uri::of_path(&format!("{}/{name}", root.trim_end_matches('/')))
    }
}
