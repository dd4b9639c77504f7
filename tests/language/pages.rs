//! The page of each code tells the truth: its first query has that error, the others are right.

use trapline::language::eql::{error::CODES, parse};

#[test]
fn the_examples_of_every_page_are_what_they_are_said_to_be() {
    for code in CODES {
        let queries = code.page.split("```eql\n").skip(1);
        for (index, block) in queries.enumerate() {
            let query = block.split("```").next().unwrap();
            let parsed = parse(query);
            if index == 0 {
                let found = parsed.errors.iter().any(|error| error.code == *code);
                assert!(found, "{}: {query} gives {:#?}", code.number, parsed.errors);
            } else {
                assert!(
                    parsed.errors.is_empty(),
                    "{}: {query} {:#?}",
                    code.number,
                    parsed.errors
                );
            }
        }
    }
}
