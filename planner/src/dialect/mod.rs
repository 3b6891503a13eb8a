//! What other engines' users type, as the relational core knows it: values, columns, and tables.
//!
//! All of it is syntax in, syntax out. Functions that have to be computed for rows are in the engine's own `dialect`.

pub(crate) mod any_items;
pub(crate) mod array_query;
pub(crate) mod asof;
pub(crate) mod bytes;
pub(crate) mod cast_keys;
pub(crate) mod casts;
pub(crate) mod chains;
pub(crate) mod collations;
pub(crate) mod columns;
pub(crate) mod distinct_on;
pub(crate) mod distinctions;
pub(crate) mod exact_numbers;
pub(crate) mod filters;
pub(crate) mod functions;
pub(crate) mod globs;
pub(crate) mod grouping_sets;
pub(crate) mod hints;
pub(crate) mod in_lists;
pub(crate) mod intervals;
pub(crate) mod json_operators;
pub(crate) mod json_rows;
pub(crate) mod lambdas;
pub(crate) mod limits;
pub(crate) mod literals;
pub(crate) mod name_conditions;
pub(crate) mod names_in_front;
pub(crate) mod neighbours;
pub(crate) mod null_tests;
pub(crate) mod numbers;
pub(crate) mod patterns;
pub(crate) mod pivot;
pub(crate) mod pivot_statement;
pub(crate) mod powers;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod series;
pub(crate) mod sliding;
pub(crate) mod struct_types;
pub(crate) mod templates;
pub(crate) mod trims;
pub(crate) mod type_names;
pub(crate) mod typed_values;
pub(crate) mod values;
pub(crate) mod words;
