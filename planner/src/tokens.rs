//! The tokens of a text, written as the parser takes them.
//!
//! What it does not know is rewritten before it is parsed, token by token, so that errors keep their places; [`crate::restore`] makes what
//! was meant of what stands in its place.

use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};

use crate::dialect::asof::with_marks;
use crate::dialect::chains::quote_words;
use crate::dialect::columns::{of_patterns, with_unpacked};
use crate::dialect::distinctions::distinctions;
use crate::dialect::excluded_rows::marked_exclusions;
use crate::dialect::filters::filters;
use crate::dialect::globs::globs;
use crate::dialect::grouping_sets::mark_inner_sets;
use crate::dialect::hints::without_hints;
use crate::dialect::in_lists::{lists_by_name, lists_of_in, rows_of_in};
use crate::dialect::insert_by_name::columns_by_name;
use crate::dialect::lambdas::with_arrows;
use crate::dialect::last_commas::without_last_commas;
use crate::dialect::limits::with_percent;
use crate::dialect::names_in_front::with_names_behind;
use crate::dialect::nested_joins::nested_joins;
use crate::dialect::null_tests::null_tests;
use crate::dialect::numbers::whole_numbers;
use crate::dialect::pivot_statement;
use crate::dialect::positional::positional_joins;
use crate::dialect::powers::with_powers;
use crate::dialect::samples::as_table_samples;
use crate::dialect::struct_types::with_angles;
use crate::dialect::trims::trims;
use crate::dialect::words::plain_words;
use crate::from_first::{with_list_first, with_select};
use crate::inspect;
use crate::macros::macro_words;
use crate::variables::with_prefixes;

/// What they go through, in this order.
const REWRITINGS: [fn(Vec<TokenWithSpan>) -> Vec<TokenWithSpan>; 32] = [
    plain_words,
    with_prefixes,
    macro_words,
    with_names_behind,
    whole_numbers,
    with_powers,
    with_angles,
    null_tests,
    distinctions,
    without_hints,
    filters,
    trims,
    columns_by_name,
    marked_exclusions,
    without_last_commas,
    with_percent,
    as_table_samples,
    with_arrows,
    of_patterns,
    with_unpacked,
    pivot_statement::as_queries,
    lists_of_in,
    rows_of_in,
    lists_by_name,
    globs,
    nested_joins,
    with_marks,
    positional_joins,
    with_list_first,
    |tokens| with_select(&tokens),
    quote_words,
    mark_inner_sets,
];

/// The tokens of a text, as the parser is given them.
///
/// # Errors
/// The text has no tokens, as a quote is not closed.
pub(crate) fn tokens(sql: &str, dialect: &dyn Dialect) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    let tokens = Tokenizer::new(dialect, sql).tokenize_with_location()?;
    let tokens = REWRITINGS.iter().fold(tokens, |tokens, rewrite| rewrite(tokens));
    Ok(inspect::as_queries(tokens, dialect))
}

/// `SELECT * FROM`.
pub(crate) fn select_star(place: &TokenWithSpan) -> [TokenWithSpan; 3] {
    [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")]
        .map(|token| TokenWithSpan { token, span: place.span })
}

pub(crate) fn is_solid(token: &TokenWithSpan) -> bool {
    !matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

pub(crate) fn is_word(token: &TokenWithSpan, wanted: &str) -> bool {
    match &token.token {
        Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted),
        _ => false,
    }
}

/// Where the first of some words stands outside of all brackets.
pub(crate) fn outside_brackets(tokens: &[TokenWithSpan], words: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
            _ => {}
        }
        depth == 0 && words.iter().any(|word| is_word(token, word))
    })
}

/// The place of what closes the bracket at a place; `None`: there is no bracket, or nothing closes it.
pub(crate) fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a value may end with a token.
pub(crate) fn ends_operand(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::NoKeyword | Keyword::END | Keyword::NULL | Keyword::TRUE | Keyword::FALSE
        ),
        Token::RParen | Token::RBracket | Token::Number(..) | Token::SingleQuotedString(_) => true,
        _ => false,
    }
}
