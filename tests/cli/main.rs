//! The program as a person meets it: exit code, standard output and standard error, in place.

mod basics;
