//! The evaluator as a whole: plans and events in, matches out.
