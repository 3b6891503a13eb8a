//! `unnest(s)`, `unnest(x, recursive := true)` and `s.*` in a select list, where `s` is a struct that is computed: its fields, as columns of
//! their names.
//!
//! What it is made of is known when it is planned, and the names of columns must be known before. So its type is asked for.

use sqlparser::ast::{
    AccessExpr, ExcludeSelectItem, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Select,
    SelectItem, SelectItemQualifiedWildcardKind, Subscript, TableFactor, Value, WildcardAdditionalOptions,
};

use crate::clauses::name_of;
use crate::dialect::functions::call;
use crate::scope::same_name;

/// An item of a select list that depends on the type of an expression.
pub(super) struct TypedItem {
    /// Where it stands.
    pub(super) at: usize,
    expr: Expr,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unnest { is_recursive: bool },
    Wildcard,
}

impl TypedItem {
    /// The first one of which nothing is known yet.
    pub(super) fn first_of(select: &Select) -> Option<Self> {
        select.projection.iter().enumerate().find_map(|(at, item)| {
            let (expr, kind) = match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => unnested(expr)?,
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                    if *options == WildcardAdditionalOptions::default() =>
                {
                    let parts =
                        name.0.iter().map(|part| part.as_ident().cloned()).collect::<Option<Vec<_>>>()?;
                    let [first, rest @ ..] = parts.as_slice() else { return None };
                    if rest.is_empty() && has_table(select, &first.value) {
                        return None;
                    }
                    let expr = match rest {
                        [] => Expr::Identifier(first.clone()),
                        _ => Expr::CompoundIdentifier(parts),
                    };
                    (expr, Kind::Wildcard)
                }
                _ => return None,
            };
            Some(Self { at, expr, kind })
        })
    }

    /// The question of which type the expression is.
    pub(super) fn question(&self, select: &Select) -> String {
        let from: Vec<String> = select.from.iter().map(ToString::to_string).collect();
        let from = if from.is_empty() { String::new() } else { format!(" FROM {}", from.join(", ")) };
        format!("SELECT column_type FROM (DESCRIBE SELECT {} AS __value{from})", self.expr)
    }

    /// What stands for the item where the type is this one; without a type, the item as it is, and not to be asked for again.
    pub(super) fn answered(self, item: SelectItem, ty: Option<&str>) -> Vec<SelectItem> {
        let fields = match (self.kind, ty) {
            (Kind::Unnest { is_recursive }, Some(ty)) => {
                let mut expr = self.expr;
                let mut ty = ty;
                let mut depth = 0;
                while is_recursive && let Some(element) = ty.strip_suffix("[]") {
                    expr = Expr::Function(call("unnest", vec![expr]));
                    ty = element;
                    depth += 1;
                }
                let mut fields = Vec::new();
                match fields_of(ty) {
                    Some(_) => push_fields(&mut fields, expr, ty, is_recursive),
                    None if depth > 0 => return vec![known(item, Some(expr))],
                    None => {}
                }
                fields
            }
            (Kind::Wildcard, Some(ty)) => {
                let mut fields = Vec::new();
                push_fields(&mut fields, self.expr, ty, false);
                fields
            }
            (_, None) => Vec::new(),
        };
        if fields.is_empty() { vec![known(item, None)] } else { fields }
    }
}

/// What `unnest` is of, where it is the whole expression.
fn unnested(expr: &Expr) -> Option<(Expr, Kind)> {
    let Expr::Function(function) = expr else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    if !function.name.to_string().eq_ignore_ascii_case("unnest") {
        return None;
    }
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(values)), options @ ..] = list.args.as_slice() else {
        return None;
    };
    let is_recursive = match options {
        [] => false,
        [option] => {
            let (name, value) = match option {
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }
                | FunctionArg::ExprNamed {
                    name: Expr::Identifier(name),
                    arg: FunctionArgExpr::Expr(value),
                    ..
                } => (name, value),
                _ => return None,
            };
            let is_true = matches!(value, Expr::Value(value) if value.value == Value::Boolean(true));
            (name.value.eq_ignore_ascii_case("recursive") && is_true).then_some(true)?
        }
        _ => return None,
    };
    // Lists that are written down, or made by these, hold no fields of their own.
    let is_list = match values {
        Expr::Array(_) => true,
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            matches!(name.as_str(), "range" | "generate_series" | "string_split" | "regexp_extract_all")
        }
        _ => false,
    };
    (is_recursive || !is_list).then(|| (values.clone(), Kind::Unnest { is_recursive }))
}

fn has_table(select: &Select, name: &str) -> bool {
    fn is_called(factor: &TableFactor, name: &str) -> bool {
        match factor {
            TableFactor::NestedJoin { table_with_joins: table, alias: None } => {
                is_called(&table.relation, name)
                    || table.joins.iter().any(|join| is_called(&join.relation, name))
            }
            TableFactor::NestedJoin { alias: Some(alias), .. }
            | TableFactor::Pivot { alias: Some(alias), .. }
            | TableFactor::Unpivot { alias: Some(alias), .. } => same_name(&alias.name.value, name),
            TableFactor::Pivot { table, .. } | TableFactor::Unpivot { table, .. } => is_called(table, name),
            other => name_of(other).is_some_and(|own| same_name(&own, name)),
        }
    }
    let mut factors = select.from.iter().flat_map(|table| {
        std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
    });
    factors.any(|factor| is_called(factor, name))
}

/// The item, perhaps with another value, in a form in which it is not asked for again.
fn known(item: SelectItem, value: Option<Expr>) -> SelectItem {
    match item {
        SelectItem::UnnamedExpr(expr) => {
            let alias = Ident::with_quote('"', expr.to_string());
            SelectItem::ExprWithAlias { expr: Expr::Nested(Box::new(value.unwrap_or(expr))), alias }
        }
        SelectItem::ExprWithAlias { expr, alias } => {
            SelectItem::ExprWithAlias { expr: Expr::Nested(Box::new(value.unwrap_or(expr))), alias }
        }
        SelectItem::QualifiedWildcard(kind, mut options) => {
            options.opt_exclude = Some(ExcludeSelectItem::Multiple(Vec::new()));
            SelectItem::QualifiedWildcard(kind, options)
        }
        other => other,
    }
}

fn push_fields(items: &mut Vec<SelectItem>, of: Expr, ty: &str, is_recursive: bool) {
    for (name, ty) in fields_of(ty).unwrap_or_default() {
        let index = Expr::Value(Value::SingleQuotedString(name.clone()).into());
        let access_chain = vec![AccessExpr::Subscript(Subscript::Index { index })];
        let root = match &of {
            Expr::Function(_) | Expr::CompoundFieldAccess { .. } => Box::new(of.clone()),
            other => Box::new(Expr::Nested(Box::new(other.clone()))),
        };
        let field = Expr::CompoundFieldAccess { root, access_chain };
        match is_recursive && fields_of(ty).is_some() {
            true => push_fields(items, field, ty, true),
            false => {
                items.push(SelectItem::ExprWithAlias { expr: field, alias: Ident::with_quote('"', name) })
            }
        }
    }
}

/// The names and types of the fields of a struct, by the name of its type; `None`: it is none.
fn fields_of(ty: &str) -> Option<Vec<(String, &str)>> {
    let mut rest = ty.strip_prefix("STRUCT(")?.strip_suffix(')')?;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (name, behind) = name_in_front(rest)?;
        let end = end_of_type(behind);
        fields.push((name, &behind[..end]));
        rest = behind[end..].strip_prefix(',').unwrap_or("").trim_start();
    }
    Some(fields)
}

/// The name of a field, and what comes behind it.
fn name_in_front(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (name, rest) = text.split_once(' ')?;
        return Some((name.to_owned(), rest));
    };
    let mut name = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if char != '"' {
            name.push(char);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, quoted[at + 1..].trim_start()));
        }
    }
    None
}

/// Where the type ends with which a text begins.
fn end_of_type(text: &str) -> usize {
    let (mut depth, mut is_quoted) = (0_usize, false);
    for (at, char) in text.char_indices() {
        match char {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_the_name_of_a_type() {
        let fields =
            fields_of("STRUCT(a BIGINT, \"x, \"\"y\" DECIMAL(3,1)[], s STRUCT(b INT, c INT))").unwrap();
        let expected = [("a", "BIGINT"), ("x, \"y", "DECIMAL(3,1)[]"), ("s", "STRUCT(b INT, c INT)")];
        assert_eq!(fields, expected.map(|(name, ty)| (name.to_owned(), ty)));
        assert_eq!(fields_of("BIGINT"), None);
        assert_eq!(fields_of("STRUCT(a BIGINT)[]"), None);
    }
}
