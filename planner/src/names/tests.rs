//! Names as they are resolved, statement by statement.

use super::*;
use crate::parse::parse;

struct Tables;

impl Catalog for Tables {
    fn is_aggregate(&self, function: &str) -> bool {
        function.eq_ignore_ascii_case("sum")
    }

    fn source_columns(&self, call: &SourceCall) -> Option<Vec<String>> {
        let columns: &[&str] = match call.paths[0].as_str() {
            "air" => &["Dest", "DepDelay", "Year"],
            "two" => &["Ab", "aB", "Dest"],
            _ => return None,
        };
        Some(columns.iter().map(|name| (*name).to_owned()).collect())
    }

    fn source_fields(&self, call: &SourceCall, path: &[String]) -> Vec<String> {
        let fields: &[&str] = match (call.paths[0].as_str(), path) {
            ("air", [column]) if column == "Dest" => &["City", "place"],
            ("air", [column, field]) if column == "Dest" && field == "place" => &["X"],
            _ => &[],
        };
        fields.iter().map(|name| (*name).to_owned()).collect()
    }

    fn tables(&self) -> Vec<String> {
        vec!["Planes".into()]
    }

    fn table_columns(&self, table: &str) -> Option<Vec<String>> {
        (table == "Planes").then(|| vec!["TailNum".into(), "dest".into()])
    }
}

fn resolved(sql: &str) -> Result<String> {
    let mut statement = parse(sql)?.remove(0);
    resolve(&mut statement, &Tables)?;
    Ok(statement.to_string())
}

#[track_caller]
fn check(sql: &str, expected: &str) {
    assert_eq!(resolved(sql).unwrap(), expected);
}

#[test]
fn a_column_with_the_name_of_a_table_around_hides_only_its_own_fields() {
    let query = |of: &str| {
        format!("SELECT 1 FROM Planes AS Year WHERE EXISTS (SELECT 1 FROM 'air' AS b WHERE Dest.City = {of})")
    };
    let resolved = |of: &str| resolved(&query(of)).unwrap();
    assert!(resolved("year.dest").contains("= \"query around\".Year.dest)"), "{}", resolved("year.dest"));
    assert!(resolved("Year.month").contains("= Year.month)"));
    let both =
        "SELECT 1 FROM 'two' AS Dest WHERE EXISTS (SELECT 1 FROM 'air' AS b WHERE Dest.City = Dest.Ab)";
    assert!(self::resolved(both).unwrap().contains("Dest.City = \"query around\".Dest.Ab)"));
}

#[test]
fn aliases_may_name_the_first_columns_alone() {
    check("SELECT d, Year FROM 'air' AS a(d)", "SELECT d, Year FROM 'air' AS a (d, \"DepDelay\", \"Year\")");
    check(
        "SELECT x FROM (SELECT 1 AS b, 2 AS c) AS q(x)",
        "SELECT x FROM (SELECT 1 AS b, 2 AS c) AS q (x, \"c\")",
    );
    check("SELECT b FROM 'two' AS t(a, b, c)", "SELECT b FROM 'two' AS t (a, b, c)");
}

#[test]
fn columns_take_the_spelling_of_the_file() {
    check(
        "SELECT depdelay, \"DEPDELAY\" AS d FROM 'air' WHERE YEAR > 1",
        "SELECT DepDelay, \"DepDelay\" AS d FROM 'air' WHERE Year > 1",
    );
    check(
        "SELECT a.depdelay FROM 'air' AS A GROUP BY a.DEST ORDER BY dest",
        "SELECT A.DepDelay FROM 'air' AS A GROUP BY A.Dest ORDER BY Dest",
    );
    check("SELECT unknown FROM 'air'", "SELECT unknown FROM 'air'");
    check("SELECT dest FROM 'elsewhere'", "SELECT dest FROM 'elsewhere'");
}

#[test]
fn files_are_called_by_their_names_where_a_statement_does_so() {
    check(
        "SELECT air.dest, b.X FROM 'air' JOIN 'x/b.csv.gz' ON AIR.year = b.year",
        "SELECT air.Dest, b.X FROM 'air' AS \"air\" JOIN 'x/b.csv.gz' AS \"b\" ON air.Year = b.year",
    );
    check("SELECT \"x/b.csv\".X FROM 'x/b.csv'", "SELECT \"x/b.csv\".X FROM 'x/b.csv' AS \"x/b.csv\"");
    check("SELECT b.* FROM 'b.csv'", "SELECT b.* FROM 'b.csv' AS \"b\"");
    // A column, or a table in front of it, goes first; globs have no name.
    check("SELECT dest.city FROM 'two'", "SELECT Dest.city AS \"city\" FROM 'two'");
    check(
        "SELECT b.dest FROM 'air' b JOIN 'b.csv' c ON true",
        "SELECT b.Dest FROM 'air' b JOIN 'b.csv' c ON true",
    );
    check("SELECT b.x FROM 'b/*.csv'", "SELECT b.x AS \"x\" FROM 'b/*.csv'");
}

#[test]
fn results_are_called_as_they_were_asked() {
    check("SELECT max(depdelay) FROM 'air'", "SELECT max(DepDelay) AS \"max(DepDelay)\" FROM 'air'");
    check("SELECT (dest), dest FROM 'air'", "SELECT (Dest) AS \"Dest\", Dest AS \"Dest_1\" FROM 'air'");
    check("SELECT *, dest FROM 'air'", "SELECT *, Dest AS \"Dest_1\" FROM 'air'");
    check("SELECT * EXCLUDE (DEST), dest FROM 'air'", "SELECT * EXCLUDE (Dest), Dest FROM 'air'");
    // Fields of structs are called by their own names.
    check("SELECT DEST.Place FROM 'air'", "SELECT Dest.place AS \"place\" FROM 'air'");
    check(
        "SELECT A.DEST.place.x, dest['place'] FROM 'air' AS a",
        "SELECT a.Dest.place.X AS \"X\", Dest['place'] AS \"Dest['place']\" FROM 'air' AS a",
    );
    check("SELECT dest.place AS p, a.dest FROM 'air' a", "SELECT Dest.place AS p, a.Dest FROM 'air' a");
}

#[test]
fn a_field_that_is_not_there() {
    for (sql, message, hint) in [
        ("SELECT dest.citi FROM 'air'", "there is no field \"citi\" in Dest", "did you mean City?"),
        (
            "SELECT a.dest.place.qq FROM 'air' a",
            "there is no field \"qq\" in Dest.place",
            "the fields are: X",
        ),
    ] {
        let error = resolved(sql).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.hint()), (message, Some(hint)));
    }
    // What is no struct is left to others.
    check("SELECT year.x FROM 'air'", "SELECT Year.x AS \"x\" FROM 'air'");
}

#[test]
fn exact_goes_before_similar_and_doubt_is_an_error() {
    check("SELECT aB, Ab FROM 'two'", "SELECT aB, Ab FROM 'two'");
    let error = resolved("SELECT ab FROM 'two'").unwrap_err();
    assert_eq!(error.to_string(), "the name ab may mean \"Ab\" or \"aB\"");
    // Planes.dest is an exact match.
    check("SELECT dest FROM 'air' AS a, planes", "SELECT dest FROM 'air' AS a, Planes");
    check("SELECT A.DEST FROM 'air' AS a, planes", "SELECT a.Dest FROM 'air' AS a, Planes");
}

#[test]
fn aliases_are_names_too() {
    check(
        "SELECT dest AS Place, count(*) AS N FROM 'air' GROUP BY place ORDER BY n DESC",
        "SELECT Dest AS Place, count(*) AS N FROM 'air' GROUP BY Place ORDER BY N DESC",
    );
}

#[test]
fn queries_inside_queries() {
    check(
        "WITH Late AS (SELECT dest AS Place FROM 'air') SELECT PLACE FROM late",
        "WITH Late AS (SELECT Dest AS Place FROM 'air') SELECT Place FROM Late",
    );
    check(
        "SELECT D.delay FROM (SELECT depdelay AS Delay FROM 'air') d",
        "SELECT d.Delay FROM (SELECT DepDelay AS Delay FROM 'air') d",
    );
    check(
        "SELECT dest FROM 'air' AS a WHERE EXISTS (SELECT 1 FROM planes p WHERE P.TAILNUM = a.YEAR AND year = 1)",
        "SELECT Dest FROM 'air' AS a WHERE EXISTS (SELECT 1 AS \"1\" FROM Planes p WHERE p.TailNum = a.Year AND Year = 1)",
    );
    check(
        "SELECT year FROM 'air' UNION ALL SELECT tailnum FROM planes",
        "SELECT Year FROM 'air' UNION ALL SELECT TailNum FROM Planes",
    );
    check("CREATE VIEW v AS SELECT dest FROM 'air'", "CREATE VIEW v AS SELECT Dest FROM 'air'");
    check("EXPLAIN SELECT dest FROM 'air'", "EXPLAIN SELECT Dest FROM 'air'");
}

#[test]
fn a_table_that_is_not_there() {
    let error = resolved("SELECT * FROM plane").unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        ("there is no table \"plane\"", Some("did you mean Planes?"))
    );
    let error = resolved("SELECT * FROM flights").unwrap_err();
    assert!(error.hint().unwrap().contains("FROM 'flights'"));
}

#[test]
fn using_takes_what_both_tables_have() {
    for (sql, hint) in [
        ("SELECT 1 FROM 'air' JOIN (SELECT 1 AS a) b USING (year)", "they have no name in common"),
        ("SELECT 1 FROM 'air' JOIN planes USING (tailnum)", "both tables have: Dest"),
        ("SELECT 1 FROM 'air' a JOIN 'air' b USING (yaer)", "did you mean \"Year\"?"),
        ("SELECT 1 FROM 'air' a JOIN 'two' b USING (ab)", "both tables have: Dest"),
    ] {
        let error = resolved(sql).unwrap_err();
        assert!(error.hint().unwrap().starts_with(hint), "{sql}: {error} {:?}", error.hint());
    }
    check(
        "SELECT a.year FROM 'air' a JOIN planes p USING (DEST)",
        "SELECT a.Year FROM 'air' a JOIN Planes p ON \"a\".\"Dest\" = \"p\".\"dest\"",
    );
    check(
        "SELECT 1 FROM 'air' JOIN 'elsewhere' USING (any)",
        "SELECT 1 AS \"1\" FROM 'air' JOIN 'elsewhere' USING(any)",
    );
}

#[test]
fn joins() {
    check(
        "SELECT 1 FROM 'air' a JOIN planes p ON A.dest = P.DEST JOIN 'air' b USING (YEAR)",
        "SELECT 1 AS \"1\" FROM 'air' a JOIN Planes p ON a.Dest = p.dest JOIN 'air' b ON \"a\".\"Year\" = \"b\".\"Year\"",
    );
}

#[test]
fn tables_of_one_name_inside_each_other() {
    check(
        "WITH t AS (SELECT 1 AS x) SELECT * FROM (WITH t AS (SELECT 2 AS x FROM t) SELECT T.x FROM t) q",
        "WITH t AS (SELECT 1 AS x) SELECT * FROM (WITH \"t_1\" AS (SELECT 2 AS x FROM t) SELECT t.x FROM \"t_1\" AS \"t\") q",
    );
}

#[test]
fn orders_by_columns_that_others_are_called_as() {
    check(
        "SELECT dest AS year, depdelay + 1 AS d FROM 'air' a ORDER BY a.year, d LIMIT 2",
        "SELECT \"year\", \"d\" FROM (SELECT Dest AS year, DepDelay + 1 AS d, a.Year AS \"order 1\" FROM 'air' a) AS \"__ordered\" ORDER BY \"order 1\", d LIMIT 2",
    );
    check(
        "SELECT a.dest, 1 AS x FROM 'air' a ORDER BY a.dest",
        "SELECT a.Dest, 1 AS x FROM 'air' a ORDER BY a.Dest",
    );
}

#[test]
fn lambdas_have_names_of_their_own() {
    check(
        "SELECT list_transform(dest, Year -> year + depdelay) FROM 'air'",
        "SELECT list_transform(Dest, year -> year + DepDelay) AS \"list_transform(Dest, year -> year + DepDelay)\" FROM 'air'",
    );
    // The second name is the place of the item.
    check(
        "SELECT list_transform(dest, (x, I) -> x + i * depdelay) FROM 'air'",
        "SELECT list_transform(list_zip(Dest, range(1, length(Dest) + 1)), __x_i -> __x_i['1'] + __x_i['2'] * DepDelay) \
         AS \"list_transform(dest, (x, I) -> x + i * depdelay)\" FROM 'air'",
    );
    let error = resolved("SELECT list_filter(dest, (x, i, j) -> x > i) FROM 'air'").unwrap_err();
    assert_eq!(
        error.to_string(),
        "list_filter: a lambda has one name, or two, of which the second is the place of the item"
    );
}

#[test]
fn whole_rows_and_rows_of_others() {
    check(
        "SELECT t FROM (SELECT 1 AS a, 2 AS b) AS t",
        "SELECT named_struct('a', \"t\".\"a\", 'b', \"t\".\"b\") AS \"t\" FROM (SELECT 1 AS a, 2 AS b) AS t",
    );
    let error = resolved("SELECT (SELECT sum(depdelay) FROM (SELECT 1 AS b) b) FROM 'air' a").unwrap_err();
    assert_eq!(error.to_string(), "the aggregate function \"sum\" is of rows of the query around");
    check(
        "SELECT (SELECT sum(b.depdelay + a.year) FROM 'air' b) AS s FROM 'air' a",
        "SELECT (SELECT sum(b.DepDelay + a.Year) AS \"sum(b.DepDelay + a.Year)\" FROM 'air' b) AS s FROM 'air' a",
    );
}
