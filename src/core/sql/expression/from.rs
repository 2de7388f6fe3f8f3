//! FROM: tables, views, subqueries and how they are joined.

use super::super::super::name::ObjectName;
use super::super::quote;
use super::select::Query;
use super::{Parser, Relation, Token};

impl Parser<'_> {
    pub(super) fn joins(
        &mut self,
        relations: &mut Vec<Relation>,
        reads: &mut Vec<String>,
    ) -> Result<String, String> {
        let mut text = self.joined_table(relations, reads)?;
        loop {
            if self.eat_sign(",") {
                text = format!("{text} CROSS JOIN {}", self.joined_table(relations, reads)?);
                continue;
            }
            let cross = self.eat_words(&["CROSS", "JOIN"]);
            let kind = if cross {
                "CROSS JOIN"
            } else if self.eat_words(&["LEFT", "JOIN"])
                || self.eat_words(&["LEFT", "OUTER", "JOIN"])
            {
                "LEFT JOIN"
            } else if self.eat_words(&["INNER", "JOIN"]) || self.eat_word("JOIN") {
                "JOIN"
            } else {
                return Ok(text);
            };
            let right = self.joined_table(relations, reads)?;
            let level = self.levels.len() - 1;
            if self.eat_word("ON") {
                let before = std::mem::replace(&mut self.levels[level], relations.clone());
                let condition = self.or()?;
                let condition = self.truth(condition)?;
                self.levels[level] = before;
                text = format!("{text}\n    {kind} {right} ON {condition}");
            } else if self.peek().is_some_and(|t| t.is_word("USING")) {
                return Err("a join by USING".to_owned());
            } else if cross || kind == "JOIN" {
                text = format!("{text}\n    CROSS JOIN {right}");
            } else {
                return Err("a join without a condition".to_owned());
            }
        }
    }

    fn joined_table(
        &mut self,
        relations: &mut Vec<Relation>,
        reads: &mut Vec<String>,
    ) -> Result<String, String> {
        if self.eat_sign("(") {
            if !self.peek().is_some_and(|t| t.is_word("SELECT")) {
                let inner = self.joins(relations, reads)?;
                self.expect_sign(")")?;
                return Ok(format!("({inner})"));
            }
            let mut query = Query::default();
            let seen = std::mem::replace(&mut self.unseen, false);
            self.query(&mut query)?;
            self.unseen = seen;
            self.expect_sign(")")?;
            reads.append(&mut query.reads);
            let alias = self.alias().ok_or("a query in FROM has no name")?;
            let written = quote(self.to(), &alias);
            let text = format!("({}) AS {written}", query.sql);
            let mut relation = Relation::new(ObjectName::new("", alias), query.columns);
            relation.written = written;
            relations.push(relation);
            return Ok(text);
        }
        let name = self.table_name()?;
        let find = self.scope.tables.ok_or("a query inside an expression")?;
        let mut relation = find(&name).ok_or_else(|| format!("{} is not made", name.name))?;
        reads.push(relation.table.clone());
        let alias = self.alias();
        let table = relation.table.clone();
        let shown = alias.clone().unwrap_or_else(|| name.name.clone());
        relation.written = quote(self.to(), &shown);
        if let Some(alias) = alias {
            relation.name = ObjectName::new("", alias);
        }
        let text = format!("{table} AS {}", relation.written);
        relations.push(relation);
        Ok(text)
    }

    fn table_name(&mut self) -> Result<ObjectName, String> {
        let mut path = Vec::new();
        loop {
            match self.peek().cloned() {
                Some(Token::Word(name) | Token::Quoted(name)) => path.push(name),
                _ => return Err("FROM something that is no table".to_owned()),
            }
            self.at += 1;
            if !self.eat_sign(".") {
                break;
            }
        }
        match path.as_slice() {
            [name] => Ok(ObjectName::new("", name.as_str())),
            [schema, name] => Ok(ObjectName::new(schema.as_str(), name.as_str())),
            _ => Err("FROM something that is no table".to_owned()),
        }
    }

    fn alias(&mut self) -> Option<String> {
        const ENDS: &[&str] = &[
            "WHERE",
            "GROUP",
            "ORDER",
            "HAVING",
            "LIMIT",
            "UNION",
            "ON",
            "JOIN",
            "LEFT",
            "RIGHT",
            "INNER",
            "CROSS",
            "FULL",
            "NATURAL",
            "USING",
            "WITH",
            "STRAIGHT_JOIN",
            "FOR",
            "OFFSET",
            "WINDOW",
            "INTERSECT",
            "EXCEPT",
            "FETCH",
            "USE",
            "FORCE",
            "IGNORE",
            "TABLESAMPLE",
        ];
        let asked = self.eat_word("AS");
        let name = match self.peek()? {
            Token::Quoted(name) => name.clone(),
            Token::Word(name) if asked || !ENDS.iter().any(|e| name.eq_ignore_ascii_case(e)) => {
                name.clone()
            }
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }
}
