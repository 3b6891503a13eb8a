//! What the relational core says, in words for the user of SQL: what is wrong, and what to try.
//!
//! The core tells most of its errors as texts for those who work on it, with the names of its own types. Each
//! function here knows one kind of them; a text that none knows is shown as it is.

mod kinds;
mod programs;
mod texts;

use datafusion::error::DataFusionError;

pub(crate) use programs::in_methods;
use texts::{between, in_sql_types, plain_values, without_forms, without_table};

/// A message and a hint.
type Words = (String, Option<String>);

/// The words for an error of the core, which has no cause below it.
pub(crate) fn of_core(error: &DataFusionError) -> Words {
    plain(&error.strip_backtrace())
}

/// The layers that a message names before it says anything.
const LAYERS: [&str; 9] = [
    "Error during planning: ",
    "Execution error: ",
    "SQL error: ",
    "Arrow error: ",
    "External error: ",
    "Cast error: ",
    "Compute error: ",
    "Parser error: ",
    "Invalid or Unsupported Configuration: ",
];

/// All kinds of messages that are said in other words.
const KINDS: &[fn(&str) -> Option<Words>] = &[
    no_table,
    no_function,
    no_type,
    no_setting,
    wrong_arguments,
    no_start,
    arithmetic_of_texts,
    failed_cast,
    division_by_zero,
    not_grouped,
    aggregate_in_where,
    no_condition,
    order_by_number,
    several_rows,
    different_columns,
    different_kinds,
    no_limit,
    broken_pattern,
    no_part_of_time,
    no_format_of_time,
    no_operator,
    texts_put_together,
    top,
    several_distinct,
    no_window,
    no_fields,
    query_of_the_row,
    several_columns,
    only_grows,
    no_order_of_values,
    nested_aggregates,
    times_computed,
    too_large,
    no_order_of_steps,
    no_transactions,
    change_of_table,
    no_table_function,
    not_known,
    another_count,
    same_names,
];

fn plain(message: &str) -> Words {
    let mut text = message;
    while let Some(rest) = LAYERS.iter().find_map(|layer| text.strip_prefix(layer)) {
        text = rest;
    }
    if let Some(words) = KINDS.iter().chain(kinds::KINDS).find_map(|kind| kind(text)) {
        return words;
    }
    if let Some(bug) = text.strip_prefix("Internal error: ") {
        let bug = bug.split("\nThis issue was likely").next().unwrap_or(bug);
        let hint = "this should not happen: please report it with the statement, or write it in another way";
        return (format!("the query cannot be run: {}", bug.trim_end_matches('.')), Some(hint.to_owned()));
    }
    if let Some(missing) = text.strip_prefix("This feature is not implemented: ") {
        return (format!("not implemented: {}", in_sql_types(without_forms(missing))), None);
    }
    let (text, hint) = split_suggestion(text);
    let text = text.trim().trim_end_matches('.');
    // What is told by code of users is theirs to say.
    match message.starts_with(LAYERS[0]) {
        true => (in_sql_types(without_forms(text)), hint),
        false => (text.to_owned(), hint),
    }
}

/// What the core suggests becomes the hint.
fn split_suggestion(text: &str) -> (&str, Option<String>) {
    match text.find("Did you mean") {
        Some(at) => (&text[..at], Some(text[at..].trim().replace("Did you mean", "did you mean"))),
        None => (text, None),
    }
}

fn another_count(text: &str) -> Option<Words> {
    let hint = "name the columns that are given, as in INSERT INTO t (a, b) …, COPY t (a, b) FROM …";
    (text.trim_end_matches('!') == "Column count doesn't match insert query").then(|| {
        let what = "what is inserted has another number of columns than the table";
        (what.to_owned(), Some(hint.to_owned()))
    })
}

fn no_table(text: &str) -> Option<Words> {
    let table = text.strip_prefix("table '")?.strip_suffix("' not found")?;
    let table = table.strip_prefix("datafusion.").unwrap_or(table);
    let table = table.strip_prefix("public.").unwrap_or(table);
    let hint = format!("a file's path goes in quotes: FROM '{table}'");
    Some((format!("there is no table \"{table}\""), Some(hint)))
}

/// Functions over windows, which are no functions without one.
const WINDOW_FUNCTIONS: [&str; 11] = [
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];
/// What is meant most often: the core may suggest a rarer function that is as near.
const COMMON_FUNCTIONS: [&str; 20] = [
    "avg",
    "coalesce",
    "concat",
    "count",
    "date_part",
    "date_trunc",
    "length",
    "lower",
    "max",
    "median",
    "min",
    "now",
    "replace",
    "round",
    "split_part",
    "substr",
    "sum",
    "to_timestamp",
    "trim",
    "upper",
];

fn no_function(text: &str) -> Option<Words> {
    let name = between(text, "Invalid function '", "'")?;
    let lower = name.to_lowercase();
    let instead = match lower.as_str() {
        "current_setting" => Some("SHOW timezone tells the value of a setting"),
        "setseed" => Some(
            "TABLESAMPLE … REPEATABLE (42) takes the same rows each time, and hash(x) % 100 is no chance at all",
        ),
        "nextval" | "currval" => Some("row_number() OVER () counts rows"),
        _ => None,
    };
    let hint = if let Some(instead) = instead {
        Some(instead.to_owned())
    } else if WINDOW_FUNCTIONS.contains(&lower.as_str()) {
        Some(format!("it needs a window: {lower}(…) OVER (ORDER BY …)"))
    } else {
        let near = swath_planner::nearest(name, COMMON_FUNCTIONS);
        let near =
            near.or_else(|| between(text, "Did you mean '", "'")).filter(|near| is_misspelt(&lower, near));
        Some(match near {
            Some(near) => format!("did you mean {near}?"),
            None => "SHOW FUNCTIONS lists those that there are".to_owned(),
        })
    };
    Some((format!("there is no function \"{name}\""), hint))
}

/// Whether a name is another one with few letters wrong: one of three, two of six. The core suggests the nearest, however far it is.
fn is_misspelt(name: &str, near: &str) -> bool {
    let letters = name.chars().count().max(3);
    name.starts_with(near) || near.starts_with(name) || swath_planner::distance(name, near) <= letters / 3
}

const TYPES: [&str; 16] = [
    "bigint",
    "boolean",
    "date",
    "decimal",
    "double",
    "float",
    "int",
    "integer",
    "interval",
    "real",
    "smallint",
    "text",
    "time",
    "timestamp",
    "tinyint",
    "varchar",
];

fn no_type(text: &str) -> Option<Words> {
    let name = text.strip_prefix("This feature is not implemented: Unsupported SQL type ")?;
    let hint = match swath_planner::nearest(name, TYPES) {
        _ if name.to_uppercase().starts_with("ENUM") => "values of an ENUM are texts: varchar".to_owned(),
        Some(near) => format!("did you mean {near}?"),
        None => format!("the types are: {}", TYPES.join(", ")),
    };
    Some((format!("there is no type \"{name}\""), Some(hint)))
}

fn no_setting(text: &str) -> Option<Words> {
    let viewed = text.strip_suffix(" is not a variable which can be viewed with 'SHOW'");
    let name = match viewed {
        Some(name) => name.trim_matches('\''),
        None => between(text, "Config value \"", "\" not found")?,
    };
    let hint = "SHOW ALL shows the settings, and DESCRIBE t the columns of a table".to_owned();
    Some((format!("there is no setting \"{name}\""), Some(hint)))
}

/// `sum(text)`, `avg()`: no such function for these arguments.
fn wrong_arguments(text: &str) -> Option<Words> {
    let call = between(text, "No function matches the given name and argument types '", "'. You might")?;
    let (name, arguments) = call.split_once('(')?;
    if name.starts_with("list_histogram_") {
        let hint = "as in histogram(x, [10, 20]) of numbers or texts, and the bounds of the same kind";
        return Some(("histogram takes values and a list of bounds".to_owned(), Some(hint.to_owned())));
    }
    let arguments = arguments.strip_suffix(')')?;
    if arguments.is_empty() {
        let hint = format!("as in {name}(x)");
        return Some((format!("the function \"{name}\" needs an argument"), Some(hint)));
    }
    let candidates: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix('\t')).collect();
    let takes_numbers =
        candidates.iter().any(|candidate| candidate.contains("Float64") || candidate.contains("Decimal"));
    let hint = if arguments.contains("Utf8") && takes_numbers {
        Some(NUMBERS_IN_TEXT.to_owned())
    } else {
        let simple = candidates.iter().filter(|candidate| {
            candidate.starts_with(name)
                && !candidate.contains(['{', '[', '/'])
                && !candidate.contains("Coerc")
                && !candidate.contains("UserDefined")
        });
        let simple: Vec<String> =
            simple.map(|candidate| in_sql_types(&plain_classes(candidate))).take(4).collect();
        (!simple.is_empty()).then(|| format!("it takes {}", simple.join(" or ")))
    };
    Some((format!("the function \"{name}\" does not take ({})", in_sql_types(arguments)), hint))
}

/// A signature with words for the core's classes of types.
fn plain_classes(signature: &str) -> String {
    const CLASSES: [(&str, &str); 5] = [
        ("Numeric(1)", "number"),
        ("Numeric(2)", "number, number"),
        ("String(1)", "text"),
        ("String(2)", "text, text"),
        ("String", "text"),
    ];
    CLASSES.iter().fold(signature.to_owned(), |text, (class, word)| text.replace(class, word))
}

const NUMBERS_IN_TEXT: &str = "where a text holds numbers, TRY_CAST(… AS double) reads them, and gives null for what is none; for \
     a column of a file, types = {'column': 'double'}";

fn no_start(text: &str) -> Option<Words> {
    text.starts_with("Substring without for/from").then(|| {
        ("the function \"substr\" needs a start".to_owned(), Some("as in substr(name, 1, 3)".to_owned()))
    })
}

fn arithmetic_of_texts(text: &str) -> Option<Words> {
    let expression = between(text, "Cannot coerce arithmetic expression ", " to valid types")?;
    let hint = if expression.contains("Utf8") {
        Some(format!("{NUMBERS_IN_TEXT}; texts are put together with ||"))
    } else {
        let of_booleans = "of true and false, CAST(… AS integer) makes 1 and 0 of them";
        expression.contains("Boolean").then(|| of_booleans.to_owned())
    };
    Some((format!("cannot compute {}", in_sql_types(expression)), hint))
}

const NUMBERS: [&str; 7] = ["bigint", "decimal", "double", "integer", "real", "smallint", "tinyint"];

/// A value that is no number, date or time.
fn failed_cast(text: &str) -> Option<Words> {
    let (value, wanted) = if let Some(rest) = text.strip_prefix("Cannot cast string '") {
        let (value, wanted) = rest.split_once("' to value of ")?;
        (value, in_sql_types(wanted.trim_end_matches(" type")))
    } else if let Some(rest) = text.strip_prefix("Cannot cast value '") {
        let (value, _) = rest.split_once("' to value of Boolean")?;
        (value, "boolean".to_owned())
    } else {
        (between(text, "Error parsing timestamp from '", "'")?, "timestamp".to_owned())
    };
    let mut hint = format!("TRY_CAST(… AS {wanted}) gives null where that is so");
    if NUMBERS.contains(&wanted.as_str()) {
        hint.push_str("; a text is compared with a text, as in name = '3'");
    }
    Some((format!("cannot read \"{value}\" as {wanted}"), Some(hint)))
}

fn division_by_zero(text: &str) -> Option<Words> {
    text.eq_ignore_ascii_case("divide by zero error").then(|| {
        (
            "division by zero".to_owned(),
            Some("a // nullif(b, 0) and a % nullif(b, 0) are null where b is zero".to_owned()),
        )
    })
}

fn not_grouped(text: &str) -> Option<Words> {
    if !text.contains("must appear in the GROUP BY clause") {
        return None;
    }
    let column = match between(text, "column \"", "\" must appear") {
        Some(column) => column,
        None => between(text, "references: ", " must appear")?,
    };
    let column = plain_values(without_table(column));
    let hint =
        format!("add it to GROUP BY, or say which of its values is wanted: min({column}), max({column})");
    Some((format!("the column \"{column}\" is neither in GROUP BY nor in an aggregate function"), Some(hint)))
}

fn aggregate_in_where(text: &str) -> Option<Words> {
    text.starts_with("Aggregate functions are not allowed in the WHERE clause").then(|| {
        let hint = "WHERE looks at single rows; for groups, write … GROUP BY … HAVING count(*) > 1";
        ("an aggregate function cannot stand in WHERE".to_owned(), Some(hint.to_owned()))
    })
}

fn no_condition(text: &str) -> Option<Words> {
    let rest = text.strip_prefix("Cannot create filter with non-boolean predicate '")?;
    let (expression, ty) = rest.rsplit_once("' returning ")?;
    let (expression, ty) = (without_table(expression), in_sql_types(ty));
    let hint = format!("compare it with something, as in {expression} > 0 or {expression} IS NOT NULL");
    Some((format!("expected a condition, found {expression}, which is {ty}"), Some(hint)))
}

fn order_by_number(text: &str) -> Option<Words> {
    let rest = text.strip_prefix("Order by column out of bounds, specified: ")?;
    let (number, columns) = rest.split_once(", max: ")?;
    let hint = match columns {
        "1" => "the result has one column: ORDER BY 1".to_owned(),
        _ => format!("the result has {columns} columns"),
    };
    Some((format!("ORDER BY {number}: there is no such column"), Some(hint)))
}

fn several_rows(text: &str) -> Option<Words> {
    text.contains("Scalar subquery returned more than one row").then(|| {
        let hint = "write IN (SELECT …) instead of = (SELECT …), or take one of them: SELECT max(…)";
        ("a query in the place of a value has several rows".to_owned(), Some(hint.to_owned()))
    })
}

fn different_columns(text: &str) -> Option<Words> {
    let set = ["UNION", "INTERSECT", "EXCEPT"];
    let set =
        set.into_iter().find(|set| text.starts_with(set) && text.contains("different number of columns"))?;
    let hint = "each of them needs the same columns; NULL AS name stands for one that is missing";
    Some((format!("the queries of {set} have different numbers of columns"), Some(hint.to_owned())))
}

fn different_kinds(text: &str) -> Option<Words> {
    let rest = text.strip_prefix("UNION of different kinds in the column ")?;
    let (column, types) = rest.split_once(": ")?;
    let hint = "CAST(… AS text) in each of them makes texts of both";
    Some((
        format!("the queries of UNION have values of different kinds in {column}: {types}"),
        Some(hint.to_owned()),
    ))
}

/// `LIMIT (SELECT …)`.
fn no_limit(text: &str) -> Option<Words> {
    let text = text.strip_prefix("This feature is not implemented: ").unwrap_or(text);
    let clause = ["LIMIT", "OFFSET"].into_iter().find(|clause| {
        text.starts_with(&format!("Unsupported {clause} expression"))
            || text.starts_with(&format!("Expected {clause} to be an integer"))
    })?;
    let hint = "rows by a number that is computed: … QUALIFY row_number() OVER (ORDER BY x) <= (SELECT …)";
    Some((format!("{clause} takes a whole number"), Some(hint.to_owned())))
}

/// The regular expressions' own drawing of the place takes several lines.
fn broken_pattern(text: &str) -> Option<Words> {
    let at = text.find("regex parse error:")?;
    let pattern = text[at..].lines().nth(1)?.trim();
    let problem = text.lines().find_map(|line| line.strip_prefix("error: "))?;
    let hint = "to look for the text as it stands, put a \\ before each of . + * ? ( ) [ ] { } ^ $ | \\";
    Some((format!("the pattern \"{pattern}\" is wrong: {problem}"), Some(hint.to_owned())))
}

fn no_part_of_time(text: &str) -> Option<Words> {
    let part = between(text, "Unsupported date_trunc granularity: '", "'")?;
    let (_, parts) = text.split_once("Supported values are: ")?;
    let hint = match swath_planner::nearest(part, parts.split(", ")) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the parts are {parts}"),
    };
    Some((format!("there is no part of a time that is called \"{part}\""), Some(hint)))
}

fn no_format_of_time(text: &str) -> Option<Words> {
    let hint = "a format is as '%Y-%m-%d %H:%M:%S': behind % stands the letter of a part that the value has, and %% is a percent sign";
    (text == "Format error")
        .then(|| ("a time cannot be written in this format".to_owned(), Some(hint.to_owned())))
}

/// `a && b`.
fn no_operator(text: &str) -> Option<Words> {
    let operator = text.strip_prefix("This feature is not implemented: Unsupported binary operator: ")?;
    let (operator, hint) = match operator {
        "PGOverlap" => ("&&", "conditions are put together with AND and OR"),
        other => (other, "write it in another way"),
    };
    Some((format!("there is no operator {operator}"), Some(hint.to_owned())))
}

/// `a || b` of what is no text.
fn texts_put_together(text: &str) -> Option<Words> {
    let expression = text.strip_prefix("Cannot infer common string type for string concat operation ")?;
    let hint = "|| puts texts together: CAST(… AS text); between conditions, write OR";
    Some((format!("cannot compute {}", in_sql_types(expression)), Some(hint.to_owned())))
}

fn top(text: &str) -> Option<Words> {
    (text == "This feature is not implemented: TOP")
        .then(|| ("there is no TOP".to_owned(), Some("write LIMIT 10 at the end of the query".to_owned())))
}

fn several_distinct(text: &str) -> Option<Words> {
    text.ends_with("COUNT DISTINCT with multiple arguments").then(|| {
        let hint = "count the rows of a query: SELECT count(*) FROM (SELECT DISTINCT a, b FROM …)";
        ("count(DISTINCT …) takes one value".to_owned(), Some(hint.to_owned()))
    })
}

fn no_window(text: &str) -> Option<Words> {
    let name = between(text, "The window ", " is not defined")?;
    let hint = "a window is OVER (PARTITION BY … ORDER BY …), or has a name: … WINDOW w AS (ORDER BY …)";
    Some((format!("there is no window \"{name}\""), Some(hint.to_owned())))
}

/// Fields of what is no struct, and of structs that have no such field.
fn no_fields(text: &str) -> Option<Words> {
    if let Some(name) = between(text, "Field ", " not found in struct") {
        let hint = "DESCRIBE SELECT … shows which fields there are".to_owned();
        return Some((format!("there is no field \"{name}\" in the struct"), Some(hint)));
    }
    let ty = between(text, "Cannot access field at argument 1: type ", " is not Struct")?;
    let ty = in_sql_types(ty);
    let hint = match ty.as_str() {
        "text" => "only structs have fields; those of JSON in a text are j->>'a'",
        _ => "only structs have fields; before a column, the name of its table or alias may stand",
    };
    Some((format!("a value of the type {ty} has no fields"), Some(hint.to_owned())))
}

/// A query that stands for a value or a condition, where the core can make no join of it.
fn query_of_the_row(text: &str) -> Option<Words> {
    let form = between(text, "Physical plan does not support logical expression ", "(");
    let is_query = form.is_some_and(|form| matches!(form, "ScalarSubquery" | "Exists" | "InSubquery"))
        || text.starts_with("Correlated scalar subquery")
        || text.starts_with("In/Exist/SetComparison subquery can only be used")
        || text.starts_with("A GROUP BY clause in a scalar correlated subquery")
        || text.starts_with("Accessing outer reference columns is not allowed");
    if is_query {
        let hint = "write it as a join: FROM a LEFT JOIN (SELECT key, max(x) AS x FROM b GROUP BY key) AS m ON m.key = a.key";
        let message =
            "a query inside the statement depends on the row outside in a way that is not supported";
        return Some((message.to_owned(), Some(hint.to_owned())));
    }
    let kind = match form? {
        "WindowFunction" => "a function over a window",
        "AggregateFunction" => "an aggregate function",
        "Wildcard" => "*",
        _ => "this kind of expression",
    };
    let hint = "compute it in a query in FROM: SELECT … FROM (SELECT *, … AS name FROM …)";
    Some((format!("{kind} cannot stand there"), Some(hint.to_owned())))
}

/// `(SELECT a, b …)` in the place of a value.
fn several_columns(text: &str) -> Option<Words> {
    let is_one = text.starts_with("Too many columns! The subquery should only return one column")
        || text.starts_with("Scalar subquery should only return one column")
        || text.starts_with("InSubquery should only return one column");
    is_one.then(|| {
        let hint =
            "select one of them; rows are compared by EXISTS (SELECT 1 FROM b WHERE b.x = a.x AND b.y = a.y)";
        ("a query in the place of a value has several columns".to_owned(), Some(hint.to_owned()))
    })
}

/// An aggregate that cannot forget rows, over a frame that slides.
fn only_grows(text: &str) -> Option<Words> {
    let text = text.strip_prefix("This feature is not implemented: ").unwrap_or(text);
    let call = text.strip_prefix(
        "Aggregate can not be used as a sliding accumulator because `retract_batch` is not implemented: ",
    )?;
    let name = call.split('(').next().unwrap_or(call);
    let hint = "let the frame begin with UNBOUNDED PRECEDING, or join the table with itself";
    Some((
        format!("the function \"{name}\" cannot be computed over a frame whose rows leave it again"),
        Some(hint.to_owned()),
    ))
}

/// `mode(x ORDER BY y) OVER (…)`.
fn no_order_of_values(text: &str) -> Option<Words> {
    text.ends_with("Aggregate ORDER BY is not implemented for window functions").then(|| {
        let hint = "ORDER BY goes into OVER (ORDER BY …); list, string_agg, first_value and last_value take it there, too";
        ("a function over a window takes no ORDER BY among its arguments".to_owned(), Some(hint.to_owned()))
    })
}

fn nested_aggregates(text: &str) -> Option<Words> {
    let inner = between(text, "Aggregate function calls cannot be nested: '", "(")?;
    let hint = "aggregate twice: SELECT max(n) FROM (SELECT count(*) AS n FROM … GROUP BY …)";
    Some((format!("the aggregate function \"{inner}\" stands inside another one"), Some(hint.to_owned())))
}

/// Arithmetic of dates and times that there is not.
fn times_computed(text: &str) -> Option<Words> {
    let operation = between(text, "Cannot get result type for temporal operation ", ": Invalid")?;
    let hint = "dates take intervals, as in d + INTERVAL '3 days'; CAST makes dates and numbers of texts";
    Some((format!("cannot compute {}", in_sql_types(operation)), Some(hint.to_owned())))
}

/// A number that the type of a cast does not have.
fn too_large(text: &str) -> Option<Words> {
    let (value, ty) = text.strip_prefix("Can't cast value ")?.split_once(" to type ")?;
    let ty = in_sql_types(ty);
    let hint = format!("TRY_CAST(… AS {ty}) gives null where that is so");
    Some((format!("{value} does not fit into {ty}"), Some(hint)))
}

fn no_order_of_steps(text: &str) -> Option<Words> {
    text.starts_with("Plan: [\"").then(|| {
        let hint = "compute what stands in its ORDER BY in a query in FROM: FROM (SELECT *, … AS x FROM …)";
        ("the order that a step of the query needs cannot be found out".to_owned(), Some(hint.to_owned()))
    })
}

fn same_names(text: &str) -> Option<Words> {
    let first = between(text, "unique expression names but the expression \"", "\" at position")?;
    let name = first.rsplit_once(" AS ").map_or(first, |(_, name)| name);
    let hint = "give one of them another name with AS".to_owned();
    Some((format!("two columns are named \"{}\"", plain_values(name)), Some(hint)))
}

fn no_transactions(text: &str) -> Option<Words> {
    let text = text.strip_prefix("This feature is not implemented: ")?;
    let statement = text.strip_prefix("Unsupported SQL statement: ");
    let statement = statement.map(|statement| statement.split([' ', ';']).next().unwrap_or(statement));
    match statement {
        Some("BEGIN" | "START" | "COMMIT" | "ROLLBACK") => {}
        None if text.starts_with("Unsupported logical plan: Statement(Transaction") => {}
        Some(other) => {
            // `CREATE TYPE`, `SHOW DATABASES`: others of the kind are supported.
            let whole = text.strip_prefix("Unsupported SQL statement: ").unwrap_or(text);
            let of_kind = whole.split([' ', ';', '(']).take(2).collect::<Vec<_>>().join(" ");
            let shown = if matches!(other, "CREATE" | "SHOW") { of_kind.as_str() } else { other };
            let hint = instead_of(shown).unwrap_or(
                "there are queries, CREATE VIEW, COPY … TO, EXPLAIN, DESCRIBE, SUMMARIZE, SET and SHOW",
            );
            return Some((format!("{shown} is not supported"), Some(hint.to_owned())));
        }
        None => return None,
    }
    let hint = "files are only read, and what COPY writes gets its name when it is whole";
    Some(("there are no transactions".to_owned(), Some(hint.to_owned())))
}

/// What to write in place of a statement.
fn instead_of(statement: &str) -> Option<&'static str> {
    Some(match statement {
        "ALTER" => "a table is made anew: CREATE OR REPLACE TABLE t AS SELECT *, … AS x FROM t",
        "PRAGMA" => {
            "DESCRIBE t shows the columns of a table, SHOW TABLES the tables, SET x = … changes a setting"
        }
        "CALL" => "a function that gives rows stands in FROM: SELECT * FROM f(…)",
        "CREATE TYPE" => "values of an ENUM are texts: column VARCHAR",
        "CREATE SEQUENCE" => "row_number() OVER () counts rows",
        "SHOW DATABASES" | "SHOW SCHEMAS" | "USE" | "ATTACH" => {
            "there is no database: tables are files, FROM 'data/*.csv'"
        }
        _ => return None,
    })
}

/// Changes of tables that are kept in memory, of which there are only some.
fn change_of_table(text: &str) -> Option<Words> {
    let (what, hint) = if text.contains("TRUNCATE not supported") {
        ("TRUNCATE", "DELETE FROM t leaves no rows")
    } else if text.contains("MERGE INTO not supported") {
        ("MERGE", "a table is made anew: CREATE OR REPLACE TABLE t AS SELECT … FROM t FULL JOIN u USING (k)")
    } else if text.contains("Unsupported logical plan: CreateIndex") {
        ("CREATE INDEX", "there are none: files are read as a whole, and it may be left out")
    } else if text.contains("Insert-returning clause not supported") {
        ("INSERT … RETURNING", "ask for the rows behind it: INSERT INTO t …; SELECT * FROM t")
    } else if text.contains("Inserts without a source not supported") {
        ("INSERT … DEFAULT VALUES", "name a column and its value: INSERT INTO t (a) VALUES (1)")
    } else {
        return None;
    };
    Some((format!("{what} is not supported"), Some(hint.to_owned())))
}

fn no_table_function(text: &str) -> Option<Words> {
    let name = between(text, "table function '", "' not found")?;
    let hint = match name.to_lowercase().as_str() {
        "duckdb_tables" | "duckdb_views" | "pragma_show_tables" => "SHOW TABLES lists the tables".to_owned(),
        "duckdb_columns" | "pragma_table_info" => "DESCRIBE t shows the columns of a table".to_owned(),
        "duckdb_functions" => "SHOW FUNCTIONS lists the functions".to_owned(),
        "duckdb_settings" => "SHOW ALL shows the settings".to_owned(),
        "read_text_auto" | "read_blob" => "read_text('x*.txt') reads the lines of files".to_owned(),
        "parquet_schema" | "parquet_metadata" | "parquet_file_metadata" | "parquet_kv_metadata" => {
            "DESCRIBE FROM 'x.parquet' shows the columns of a file, and SELECT count(*) FROM 'x.parquet' reads no more than its end".to_owned()
        }
        _ => "there are read_csv, read_json, read_parquet, read_text, glob, range, generate_series, unnest and json_each"
            .to_owned(),
    };
    Some((format!("there is no table function \"{name}\""), Some(hint)))
}

fn not_known(text: &str) -> Option<Words> {
    text.contains("Unsupported ast node in sqltorel").then(|| {
        let hint =
            "lambdas stand in functions of lists: list_transform(l, x -> x + 1), list_filter(l, x -> x > 1)";
        ("an expression of the statement is not supported".to_owned(), Some(hint.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_misspelt_by_few_letters() {
        for (name, near, is_near) in [
            ("summ", "sum", true),
            ("cuont", "count", true),
            ("md5", "map", false),
            ("mode", "encode", false),
        ] {
            assert_eq!(is_misspelt(name, near), is_near, "{name} {near}");
        }
    }

    #[test]
    fn what_nobody_knows_is_shown_as_it_is() {
        assert_eq!(plain("Error during planning: Arrow error: Odd thing.").0, "Odd thing");
        let (message, hint) = plain("Internal error: Broken.\nThis issue was likely caused by a bug");
        assert_eq!(message, "the query cannot be run: Broken");
        assert!(hint.unwrap().contains("report"));
    }
}
