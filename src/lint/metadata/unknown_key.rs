//! `unknown-key`: a key of the rule file that no rule has. The rule loader finds it.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::rule::error::UNKNOWN_KEY;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "unknown-key",
        title: "a key that no rule has",
        page: "Kibana would ignore or refuse the key. It is often a slip of the pen for a known one, \
               which then keeps its default:\n\n\
               ```toml\n[rule]\nintervall = \"10m\"\n```\n\n\
               Mend the name, or take the key out.",
    },
    severity: Severity::Warning,
};

/// The loader's warning as a finding; anything else is given back.
pub(in crate::lint) fn take(mut diagnostic: Diagnostic) -> Result<Finding, Diagnostic> {
    if *diagnostic.code != UNKNOWN_KEY {
        return Err(diagnostic);
    }
    diagnostic.code = &LINT.code;
    if diagnostic.help.is_empty() {
        diagnostic = diagnostic.help("take the key out");
    }
    Ok(Finding {
        lint: &LINT,
        diagnostic,
        sources: Vec::new(),
    })
}
