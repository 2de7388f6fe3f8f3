//! Simple queries, for views: SELECT lists, joins, conditions, groups, unions.
//!
//! Columns are looked up, never passed through: a name that is not known ends the translation. A
//! query that groups must show nothing that its groups do not determine.

use super::super::super::name::Dialect;
use super::super::quote;
use super::super::token::tokens;
use super::{Known, Parser, Scope, Token, Written, Yields, plain, shown};

/// A query in the target's SQL.
#[derive(Clone, Debug)]
pub struct TranslatedQuery {
    pub sql: String,
    /// What it yields, for views that read this one.
    pub columns: Vec<Known>,
    /// Tables and views it reads, on the target, quoted.
    pub reads: Vec<String>,
    /// Where it means something slightly different; sentences without a full stop.
    pub notes: Vec<String>,
}

/// `text`, a query or a CREATE VIEW, in the target's SQL.
///
/// # Errors
/// Why not; a phrase for the checklist.
pub fn translate_query(text: &str, scope: &Scope<'_>) -> Result<TranslatedQuery, String> {
    let all = tokens(text, scope.from);
    let mut parser = Parser::new(&all, scope);
    let mut names = None;
    if all.first().is_some_and(|t| t.token.is_word("CREATE")) {
        names = parser.view_head()?;
    }
    parser.levels.clear();
    let mut query = Query::default();
    parser.query(&mut query)?;
    parser.eat_sign(";");
    for clause in [&["WITH", "CASCADED", "CHECK", "OPTION"][..], &["WITH", "CHECK", "OPTION"]] {
        if parser.eat_words(clause) {
            parser.notes.push("made without its CHECK OPTION".to_owned());
        }
    }
    if let Some(token) = parser.peek() {
        return Err(format!("{} is not known here", shown(token)));
    }
    if let Some(names) = names {
        if names.len() != query.columns.len() {
            return Err("its list of columns has another length".to_owned());
        }
        return Err("its columns are renamed in front of the query".to_owned());
    }
    Ok(TranslatedQuery {
        sql: query.sql,
        columns: query.columns,
        reads: query.reads,
        notes: parser.notes,
    })
}

#[derive(Default)]
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) columns: Vec<Known>,
    pub(super) reads: Vec<String>,
}

/// One item of a SELECT list.
struct Item {
    written: Written,
    name: String,
    /// Columns it names outside aggregates.
    used: Vec<(usize, usize, usize)>,
}

impl Parser<'_> {
    /// Up to the AS of a CREATE VIEW; its list of columns when there is one.
    fn view_head(&mut self) -> Result<Option<Vec<String>>, String> {
        let mut names = None;
        let mut before_view = true;
        while let Some(token) = self.peek().cloned() {
            self.at += 1;
            match token {
                token if token.is_word("VIEW") => before_view = false,
                token if token.is_word("AS") && !before_view => return Ok(names),
                Token::Sign("(") if !before_view => {
                    let mut list = Vec::new();
                    while !self.eat_sign(")") {
                        if let Some(Token::Word(name) | Token::Quoted(name)) = self.peek() {
                            list.push(name.clone());
                        }
                        self.at += 1;
                        if self.peek().is_none() {
                            break;
                        }
                    }
                    names = Some(list);
                }
                _ => {}
            }
        }
        Err("it is no CREATE VIEW".to_owned())
    }

    /// One value from a query, inside an expression.
    pub(super) fn scalar_query(&mut self) -> Result<Written, String> {
        let outer = (self.aggregates, self.in_aggregate);
        (self.aggregates, self.in_aggregate) = (0, false);
        let seen = std::mem::replace(&mut self.unseen, true);
        let mut query = Query::default();
        let begun = self.used.len();
        self.query(&mut query)?;
        self.unseen = seen;
        // Columns of the query itself say nothing about the one around it.
        let depth = self.levels.len();
        let kept: Vec<_> =
            self.used.split_off(begun).into_iter().filter(|(level, ..)| *level < depth).collect();
        (self.aggregates, self.in_aggregate) = outer;
        if !self.in_aggregate {
            self.used.extend(kept);
        }
        match query.columns.as_slice() {
            [only] => Ok(Written {
                folds: only.folds,
                labels: only.labels.clone(),
                ..plain(format!("({})", query.sql), only.yields)
            }),
            _ => Err("a query of several columns stands for a value".to_owned()),
        }
    }

    pub(super) fn query(&mut self, made: &mut Query) -> Result<(), String> {
        if self.scope.tables.is_none() {
            return Err("a query inside an expression".to_owned());
        }
        self.depth += 1;
        if self.depth > super::DEPTH_MAX {
            return Err("the query is nested too deeply".to_owned());
        }
        let mut last = self.one_select(made)?;
        while self.eat_word("UNION") {
            let all = if self.eat_word("ALL") { " ALL" } else { "" };
            self.levels.pop();
            let mut next = Query::default();
            let seen = std::mem::replace(&mut self.unseen, true);
            last = self.one_select(&mut next)?;
            self.unseen = seen;
            made.sql.push_str(&format!("\nUNION{all}\n{}", next.sql));
            made.reads.append(&mut next.reads);
            if made.columns.len() != next.columns.len() {
                return Err("queries of different width are united".to_owned());
            }
            for (column, other) in made.columns.iter_mut().zip(next.columns) {
                if !column.yields.matches(other.yields) {
                    return Err("columns of different types are united".to_owned());
                }
                column.folds |= other.folds;
                if all.is_empty() && column.folds {
                    self.note_folding();
                }
            }
            last.clear();
        }
        self.order_and_limit(made, &last)?;
        self.levels.pop();
        self.depth -= 1;
        Ok(())
    }

    /// SELECT to HAVING. Leaves its relations on the stack; yields what it grouped by.
    fn one_select(&mut self, made: &mut Query) -> Result<Vec<(usize, usize, usize)>, String> {
        self.expect_word("SELECT")?;
        let distinct = self.eat_word("DISTINCT");
        let list_at = self.at;
        self.skip_to_from()?;
        let mut relations = Vec::new();
        self.levels.push(Vec::new());
        let from = match self.eat_word("FROM") {
            true => Some(self.joins(&mut relations, &mut made.reads)?),
            false => None,
        };
        let after_from = self.at;
        let level = self.levels.len() - 1;
        self.levels[level] = relations;
        self.at = list_at;
        let before = (self.aggregates, self.used.len());
        let items = self.items()?;
        self.at = after_from;
        let mut text = vec![select_line(distinct, &items, self.to())];
        text.extend(from.map(|from| format!("FROM {from}")));
        if self.eat_word("WHERE") {
            let condition = self.or()?;
            text.push(format!("WHERE {}", self.truth(condition)?));
        }
        self.used.truncate(before.1);
        let mut groups = Vec::new();
        let grouped = self.eat_words(&["GROUP", "BY"]);
        if grouped {
            text.push(format!("GROUP BY {}", self.groups(&items, &mut groups)?));
        }
        if self.eat_word("HAVING") {
            let begun = self.used.len();
            let condition = self.or()?;
            let condition = self.truth(condition)?;
            let used = self.used.split_off(begun);
            self.determined(&used, &groups, level)?;
            text.push(format!("HAVING {condition}"));
        }
        if grouped || self.aggregates > before.0 {
            for item in &items {
                self.determined(&item.used, &groups, level)?;
            }
        }
        if distinct && items.iter().any(|i| i.written.folds) {
            self.note_folding();
        }
        made.sql = text.join("\n");
        made.columns = items.into_iter().map(|item| shown_column(self.to(), item)).collect();
        Ok(groups)
    }

    /// To the FROM of this SELECT, or its end.
    fn skip_to_from(&mut self) -> Result<(), String> {
        let mut depth = 0;
        while let Some(token) = self.peek() {
            match token {
                Token::Sign("(") => depth += 1,
                Token::Sign(")") if depth == 0 => return Ok(()),
                Token::Sign(")") => depth -= 1,
                Token::Sign(";") => return Ok(()),
                token if depth == 0 && (token.is_word("FROM") || token.is_word("UNION")) => {
                    return Ok(());
                }
                _ => {}
            }
            self.at += 1;
        }
        Ok(())
    }

    fn items(&mut self) -> Result<Vec<Item>, String> {
        let mut items = Vec::new();
        loop {
            if let Some(star) = self.star()? {
                items.extend(star);
            } else {
                items.push(self.item()?);
            }
            if !self.eat_sign(",") {
                break;
            }
        }
        match self.peek() {
            None | Some(Token::Sign(")" | ";")) => Ok(items),
            Some(token) if token.is_word("FROM") || token.is_word("UNION") => Ok(items),
            Some(token) => Err(format!("{} is not known here", shown(token))),
        }
    }

    /// `*` and `t.*`, written out.
    fn star(&mut self) -> Result<Option<Vec<Item>>, String> {
        let owner = if self.eat_sign("*") {
            None
        } else {
            let dotted = self.all.get(self.at + 1).is_some_and(|t| t.token.is_sign("."))
                && self.all.get(self.at + 2).is_some_and(|t| t.token.is_sign("*"));
            match self.peek() {
                Some(Token::Word(name) | Token::Quoted(name)) if dotted => {
                    let name = name.clone();
                    self.at += 3;
                    Some(name)
                }
                _ => return Ok(None),
            }
        };
        let level = self.levels.last().cloned().unwrap_or_default();
        let mut items = Vec::new();
        for relation in level {
            let wanted =
                owner.as_ref().is_none_or(|owner| relation.name.name.eq_ignore_ascii_case(owner));
            for column in relation.columns.iter().filter(|c| wanted && !c.invisible) {
                let path = [relation.name.name.clone(), column.name.clone()];
                let begun = self.used.len();
                let written = self.column_of(&path)?;
                let used = self.used[begun..].to_vec();
                items.push(Item { written, name: column.name.clone(), used });
            }
        }
        match items.is_empty() {
            true => Err("* of a table that is not known here".to_owned()),
            false => Ok(Some(items)),
        }
    }

    fn column_of(&mut self, path: &[String]) -> Result<Written, String> {
        self.lookup(path)?.ok_or_else(|| format!("{} is not known here", path.join(".")))
    }

    fn item(&mut self) -> Result<Item, String> {
        let (begun, first) = (self.used.len(), self.at);
        let written = self.or()?;
        let used = self.used[begun..].to_vec();
        let last = self.all.get(self.at - 1).map(|t| t.token.clone());
        let alias = match self.peek() {
            Some(token) if token.is_word("AS") => {
                self.at += 1;
                true
            }
            Some(Token::Quoted(_)) => true,
            Some(Token::Word(word)) => {
                !["FROM", "UNION"].iter().any(|end| word.eq_ignore_ascii_case(end))
            }
            _ => false,
        };
        let name = match (alias, self.peek().cloned(), last) {
            (true, Some(Token::Word(name) | Token::Quoted(name) | Token::Text(name)), _) => {
                self.at += 1;
                name
            }
            (true, ..) => return Err("a column's name is missing".to_owned()),
            // A column keeps its name; what anything else is called differs.
            (false, _, Some(Token::Word(name) | Token::Quoted(name)))
                if self.at - first <= 5 && !used.is_empty() =>
            {
                name
            }
            (false, ..) if self.unseen => String::new(),
            (false, ..) => return Err("a computed column has no name".to_owned()),
        };
        Ok(Item { written, name, used })
    }

    fn groups(
        &mut self,
        items: &[Item],
        groups: &mut Vec<(usize, usize, usize)>,
    ) -> Result<String, String> {
        let mut list = Vec::new();
        loop {
            let begun = self.used.len();
            let single = self.all.get(self.at + 1).is_none_or(|t| !t.token.is_sign("."));
            let aliased = match self.peek() {
                Some(Token::Word(name) | Token::Quoted(name)) if single => items.iter().find(|i| {
                    i.name.eq_ignore_ascii_case(name) && self.lookup_name(name).is_none()
                }),
                Some(Token::Number(_)) => return Err("groups by a position".to_owned()),
                _ => None,
            };
            let by = match aliased {
                Some(item) => {
                    groups.extend(&item.used);
                    self.at += 1;
                    item.written.clone()
                }
                None => self.or()?,
            };
            if by.folds {
                self.note_folding();
            }
            groups.extend(self.used.split_off(begun));
            list.push(by.sql);
            if !self.eat_sign(",") {
                break;
            }
        }
        Ok(list.join(", "))
    }

    fn lookup_name(&self, name: &str) -> Option<()> {
        let level = self.levels.last()?;
        let same = |c: &&Known| c.name.eq_ignore_ascii_case(name);
        level.iter().find_map(|r| r.columns.iter().find(same)).map(|_| ())
    }

    /// Is every column used one of the groups', or of a table whose key is among them?
    fn determined(
        &self,
        used: &[(usize, usize, usize)],
        groups: &[(usize, usize, usize)],
        level: usize,
    ) -> Result<(), String> {
        for column in used.iter().filter(|(at, ..)| *at == level) {
            let relation = &self.levels[level][column.1];
            let keyed = !relation.key.is_empty()
                && relation.key.iter().all(|key| groups.contains(&(level, column.1, *key)));
            if !groups.contains(column) && !keyed {
                let name = &relation.columns[column.2].name;
                return Err(format!("{name} is shown and not determined by the groups"));
            }
        }
        Ok(())
    }

    fn order_and_limit(
        &mut self,
        made: &mut Query,
        groups: &[(usize, usize, usize)],
    ) -> Result<(), String> {
        if self.eat_words(&["ORDER", "BY"]) {
            let mut list = Vec::new();
            loop {
                list.push(self.ordered_by(made, groups)?);
                if !self.eat_sign(",") {
                    break;
                }
            }
            made.sql.push_str(&format!("\nORDER BY {}", list.join(", ")));
        }
        if self.eat_word("LIMIT") {
            let Some(Token::Number(count)) = self.peek().cloned() else {
                return Err("LIMIT of something that is no number".to_owned());
            };
            self.at += 1;
            if self.eat_sign(",") {
                return Err("LIMIT with two numbers".to_owned());
            }
            made.sql.push_str(&format!("\nLIMIT {count}"));
            if self.eat_word("OFFSET") {
                let Some(Token::Number(skip)) = self.peek().cloned() else {
                    return Err("OFFSET of something that is no number".to_owned());
                };
                self.at += 1;
                made.sql.push_str(&format!(" OFFSET {skip}"));
            }
        }
        Ok(())
    }

    fn ordered_by(
        &mut self,
        made: &Query,
        groups: &[(usize, usize, usize)],
    ) -> Result<String, String> {
        let single = self.all.get(self.at + 1).is_none_or(|t| !t.token.is_sign("."));
        let shown_name = match self.peek() {
            Some(Token::Word(name) | Token::Quoted(name)) if single => {
                made.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name))
            }
            _ => None,
        };
        let sql = match (self.peek().cloned(), shown_name) {
            (Some(Token::Number(position)), _) => {
                self.at += 1;
                position
            }
            (_, Some(column)) => {
                self.at += 1;
                column.written.clone()
            }
            _ => {
                let begun = self.used.len();
                let written = self.or()?;
                let used = self.used.split_off(begun);
                if !groups.is_empty() {
                    let level = self.levels.len() - 1;
                    self.determined(&used, groups, level)?;
                }
                written.sql
            }
        };
        let down = self.eat_word("DESC");
        self.eat_word("ASC");
        Ok(format!("{sql}{}", if down { " DESC" } else { "" }))
    }
}

fn select_line(distinct: bool, items: &[Item], to: Dialect) -> String {
    let word = if distinct { "DISTINCT " } else { "" };
    let shown = |item: &Item| match item.name.as_str() {
        "" => item.written.sql.clone(),
        name => format!("{} AS {}", item.written.sql, quote(to, name)),
    };
    let list: Vec<String> = items.iter().map(shown).collect();
    format!("SELECT {word}{}", list.join(",\n    "))
}

fn shown_column(to: Dialect, item: Item) -> Known {
    // MySQL and SQLite yield 0 and 1 for a comparison.
    let yields = match (item.written.yields, to) {
        (Yields::Bool, Dialect::Postgres) => Yields::Bool,
        (Yields::Bool, Dialect::Mysql | Dialect::Sqlite) => Yields::Int,
        (other, _) => other,
    };
    Known {
        written: quote(to, &item.name),
        name: item.name,
        yields,
        folds: item.written.folds,
        labels: item.written.labels,
        invisible: false,
    }
}
