//! The visitor over the leaves of a condition and the fields of a predicate.

use super::predicate::{Condition, ConditionKind, LeafId, Predicate, ScriptExpr};
use super::{FieldId, Plan};

impl Condition {
    /// Calls `visit` for each leaf, in the order of the text, with the outcome of the leaf that
    /// brings the condition nearer to `want`.
    pub fn visit_leaves(&self, want: bool, visit: &mut impl FnMut(LeafId, bool)) {
        match &self.kind {
            ConditionKind::Constant(_) => {}
            ConditionKind::Leaf(leaf) => visit(*leaf, want),
            ConditionKind::Not(inner) => inner.visit_leaves(!want, visit),
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                for part in parts {
                    part.visit_leaves(want, visit);
                }
            }
        }
    }
}

/// The walk over the fields of a predicate and of a script, for shared and for exclusive access.
macro_rules! visit_fields {
    ($name:ident, $doc:literal, $($mutability:tt)?) => {
        impl Predicate {
            #[doc = $doc]
            pub fn $name(
                &$($mutability)? self,
                visit: &mut impl FnMut(&$($mutability)? FieldId),
            ) {
                match self {
                    Self::Exists(field)
                    | Self::Compare { field, .. }
                    | Self::Between { field, .. }
                    | Self::EqualIgnoringCase { field, .. }
                    | Self::Wildcard { field, .. }
                    | Self::Regex { field, .. }
                    | Self::Range { field, .. }
                    | Self::Fuzzy { field, .. }
                    | Self::Text { field, .. } => visit(field),
                    Self::Script(script) => script.$name(visit),
                    Self::Constant(_) => {}
                    Self::Not(inner) | Self::Nested { inner, .. } => inner.$name(visit),
                    Self::All(parts) | Self::Any(parts) => {
                        for part in parts {
                            part.$name(visit);
                        }
                    }
                }
            }
        }

        impl ScriptExpr {
            #[doc = $doc]
            pub fn $name(
                &$($mutability)? self,
                visit: &mut impl FnMut(&$($mutability)? FieldId),
            ) {
                match self {
                    Self::Constant(_) => {}
                    Self::Field(field) => visit(field),
                    Self::Call { arguments, .. } | Self::All(arguments) | Self::Any(arguments) => {
                        for argument in arguments {
                            argument.$name(visit);
                        }
                    }
                    Self::Compare(_, left, right) => {
                        left.$name(visit);
                        right.$name(visit);
                    }
                    Self::EqualIgnoringCase(inner, _)
                    | Self::Wildcard { value: inner, .. }
                    | Self::Regex { value: inner, .. }
                    | Self::IsNull(inner)
                    | Self::Not(inner) => inner.$name(visit),
                }
            }
        }
    };
}

visit_fields!(
    visit_fields,
    "Calls `visit` for each field, in the order of the text.",
);
visit_fields!(
    visit_fields_mut,
    "Calls `visit` for each field, to change it.",
    mut
);

impl Predicate {
    /// The fields that it reads, each once, in the order in which it names them.
    pub fn fields(&self) -> Vec<FieldId> {
        let mut fields = Vec::new();
        self.visit_fields(&mut |field| {
            if !fields.contains(field) {
                fields.push(*field);
            }
        });
        fields
    }
}

impl Plan {
    /// The predicates of a condition, in the order of the text.
    pub fn predicates_of<'p>(&'p self, condition: &Condition) -> Vec<&'p Predicate> {
        let mut predicates = Vec::new();
        condition.visit_leaves(true, &mut |leaf, _| {
            predicates.push(&self.leaves.at(leaf).predicate);
        });
        predicates
    }
}
