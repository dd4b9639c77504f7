//! The rules of the project as they are written, compiled or not: those that requests are made of.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::super::Console;
use super::super::error::Problem;
use super::super::settings::Settings;
use super::scan_rules::{hidden, rule_files};
use crate::diagnostic::Diagnostic;
use crate::project::rule_files::named;
use crate::rule::{self, Loaded, Rule};

/// The rules of the project.
#[derive(Default)]
pub(super) struct RuleList {
    /// Each with the name of its file.
    pub(super) rules: Vec<(String, Arc<Rule>)>,
    /// What is no rule, or none to run.
    pub(super) left_out: Vec<LeftOut>,
}

/// A rule or a file that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) file: String,
    pub(super) reason: String,
    /// The file is at fault.
    pub(super) is_fault: bool,
}

impl RuleList {
    pub(super) fn load(settings: &Settings, console: &mut Console) -> Result<Self, Box<Problem>> {
        let mut list = Self::default();
        for path in rule_files(settings)? {
            list.read(settings, &path, console);
        }
        list.left_out.extend(hidden(settings).map(|hidden| LeftOut {
            file: hidden.file,
            reason: hidden.reason,
            is_fault: false,
        }));
        Ok(list)
    }

    fn read(&mut self, settings: &Settings, path: &Utf8PathBuf, console: &mut Console) {
        let name = settings.files.name(path);
        match settings.files.read(path) {
            Ok(source) => {
                for (name, loaded) in named(&name, rule::load_file(&source)) {
                    self.take(name, loaded, console);
                }
            }
            Err(mistake) => {
                self.fault(name, mistake.message.clone());
                console.diagnostics([&*mistake]);
            }
        }
    }

    fn take(&mut self, name: String, loaded: Loaded, console: &mut Console) {
        let Some(rule) = loaded.rule else {
            let first = loaded.diagnostics.iter().find(|one| one.is_error());
            let reason = first.map_or_else(String::new, |first| first.message.clone());
            console.diagnostics(&loaded.diagnostics);
            if loaded.diagnostics.iter().any(Diagnostic::is_error) {
                self.fault(name, reason);
            }
            return;
        };
        if rule.maturity.as_deref() == Some("deprecated") {
            self.left_out.push(LeftOut {
                file: name,
                reason: "the rule is deprecated".to_owned(),
                is_fault: false,
            });
        } else {
            self.rules.push((name, Arc::new(rule)));
        }
    }

    fn fault(&mut self, file: String, reason: String) {
        self.left_out.push(LeftOut {
            file,
            reason,
            is_fault: true,
        });
    }
}
