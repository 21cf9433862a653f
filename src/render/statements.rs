//! A rollout's statements on its page, each with what was read in it and a form that corrects that.
//!
//! Forms go to `/feedback/{id}/reading` of the same server and need no script. What they send is what
//! [`Field`] names; an empty choice leaves it to the engine.

use super::doc::Inline;
use super::html::{escaped, quote, tag};
use super::tame::one_line;
use crate::domain::annotation::{Annotation, Intent, Sentiment};
use crate::domain::correction::{Correction, Kept};
use crate::domain::feedback::{Feedback, Rating};
use crate::id::RolloutId;

/// Longest name of who corrects, in characters.
pub const WHO_MAX_CHARS: usize = 100;
/// Characters of a theme's name that are shown.
const THEME_MAX: usize = 80;

/// In which order statements are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The latest first.
    Newest,
    /// Those whose feeling the engine is least sure of first; none that a person corrected.
    LeastSure,
}

impl Order {
    /// All orders, the usual one first.
    pub const ALL: [Self; 2] = [Self::Newest, Self::LeastSure];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::LeastSure => "least_sure",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.as_str() == text)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Newest => "Newest first",
            Self::LeastSure => "Least sure first",
        }
    }
}

/// The names of what a form sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// How the statement feels.
    Sentiment,
    /// The main thing that it wants.
    Intent,
    /// Whether nobody meant it: `yes` or `no`.
    Spam,
    /// Who says so.
    Who,
    /// What shows that the form was on a page of ours.
    Token,
    /// The order in which the statements stood.
    Order,
    /// After which statement the page began; empty on the first.
    After,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 7] =
        [Self::Sentiment, Self::Intent, Self::Spam, Self::Who, Self::Token, Self::Order, Self::After];

    /// The name that is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sentiment => "sentiment",
            Self::Intent => "intent",
            Self::Spam => "spam",
            Self::Who => "who",
            Self::Token => "token",
            Self::Order => "order",
            Self::After => "after",
        }
    }
}

/// A statement as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What was said and read.
    pub item: Feedback,
    /// The name of its theme.
    pub theme: Option<String>,
    /// What a person said of the reading.
    pub kept: Option<Kept>,
    /// What its form sends back.
    pub token: String,
}

/// A page of statements.
#[derive(Clone, Debug)]
pub struct List {
    /// Whose.
    pub rollout: RolloutId,
    /// In this order.
    pub order: Order,
    /// After which statement the page begins, as addresses say it; `None` on the first page.
    pub after: Option<String>,
    /// The statements.
    pub shown: Vec<Shown>,
    /// Where the next page begins, where there is one.
    pub next: Option<String>,
    /// The one that was corrected just now.
    pub saved: Option<Shown>,
    /// Who corrected something before.
    pub who: String,
}

/// The address of a page of statements.
pub fn address(rollout: &RolloutId, order: Order, after: Option<&str>) -> String {
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    format!("/rollouts/{rollout}?order={}{after}", order.as_str())
}

/// The list as a section of a page, under a heading of level 2.
pub fn section(list: &List) -> String {
    let mut html = String::from("<section id=\"statements\" aria-labelledby=\"statements-title\">\n");
    html += "<h2 id=\"statements-title\">Statements</h2>\n";
    html += "<p>Where a reading is wrong, say what it is: that counts from then on, and <code>hearback train</code> \
             learns from it. Personal data was taken out of the texts.</p>\n";
    if let Some(saved) = &list.saved {
        let title = if saved.kept.is_some() { "Saved" } else { "Read by the engine again" };
        // It takes the focus from the address, so that who can't see the page is told.
        html += "<section id=\"saved\" class=\"saved\" tabindex=\"-1\" aria-labelledby=\"saved-title\">\n";
        let title = format!("<h3 id=\"saved-title\">{title}</h3>\n");
        html += &(title + &article(list, saved) + "</section>\n");
    }
    html += &orders(list);
    if list.shown.is_empty() {
        html += &tag("p", none(list));
        html.push('\n');
    }
    html.extend(list.shown.iter().map(|shown| article(list, shown)));
    html += &pages(list);
    html + "</section>\n"
}

fn none(list: &List) -> &'static str {
    match (list.order, &list.after) {
        (_, Some(_)) => "No more statements.",
        (Order::Newest, None) => "Nobody said anything yet.",
        (Order::LeastSure, None) => "No statement is left that was read and that nobody corrected.",
    }
}

fn link(url: &str, more: &str, text: &str) -> String {
    format!("<a href=\"{}\"{more}>{}</a>", escaped(url), escaped(text))
}

fn orders(list: &List) -> String {
    let links = Order::ALL.map(|order| {
        let here = if order == list.order { " aria-current=\"true\"" } else { "" };
        link(&(address(&list.rollout, order, None) + "#statements"), here, order.words())
    });
    format!("<nav aria-label=\"Order of statements\">{}</nav>\n", links.join("\n"))
}

fn pages(list: &List) -> String {
    let to = |after: Option<&str>| address(&list.rollout, list.order, after) + "#statements";
    let mut links = Vec::new();
    if list.after.is_some() {
        links.push(link(&to(None), " rel=\"first\"", "First page"));
    }
    if let Some(next) = &list.next {
        links.push(link(&to(Some(next)), " rel=\"next\"", "More statements"));
    }
    if links.is_empty() {
        return String::new();
    }
    format!("<nav aria-label=\"Pages of statements\">{}</nav>\n", links.join("\n"))
}

fn article(list: &List, shown: &Shown) -> String {
    let item = &shown.item;
    let id = escaped(item.id.as_str());
    let mut html = format!("<article id=\"{id}\" class=\"said\" aria-label=\"Statement {id}\">\n");
    let source = vec![Inline::Text(source(item))];
    html += &match &item.text {
        Some(text) => quote(text, &source),
        None => quote("(a mark without words)", &source),
    };
    html.push('\n');
    html += &tag("p", &read(shown));
    html.push('\n');
    if let Some(kept) = &shown.kept {
        html += &tag("p", &corrected(kept));
        html.push('\n');
    }
    html + &form(list, shown) + "</article>\n"
}

/// When and where it was said, and the mark.
fn source(item: &Feedback) -> String {
    let mark = item.rating.map_or_else(String::new, |Rating { value, scale }| format!(", {value} of {scale}"));
    format!("{}, {}{mark}", item.occurred_at.human(), one_line(&item.channel, 40))
}

fn sure(confidence: f64) -> String {
    format!("{:.0} % sure", confidence.clamp(0.0, 1.0) * 100.0)
}

/// What was read, as a line.
fn read(shown: &Shown) -> String {
    let Some(a) = &shown.item.annotation else { return "Nobody read it yet.".into() };
    let kept = shown.kept.as_ref().map(|k| &k.correction);
    let strong = |label: &str, confidence, by_a_person| {
        let sure = if by_a_person { "corrected".to_owned() } else { sure(confidence) };
        format!("<strong>{label}</strong> ({sure})")
    };
    let mut parts = vec![
        format!("Feels {}", strong(a.sentiment.as_str(), a.confidence, kept.is_some_and(|c| c.sentiment.is_some()))),
        format!("wants {}", strong(wants(a), a.intent_confidence, kept.is_some_and(|c| c.intents.is_some()))),
        format!("language <strong>{}</strong>", escaped(&a.language)),
    ];
    parts.push(if a.spam { "<strong>spam</strong>".into() } else { "no spam".into() });
    parts.push(match &shown.theme {
        Some(name) => format!("theme <strong>{}</strong>", escaped(&one_line(name, THEME_MAX))),
        None => "no theme".into(),
    });
    let mut line = parts.join(" · ");
    for (so, says) in [
        (!a.details.supported && a.language != "und", "The engine does not read this language."),
        (a.details.abstains, "The engine is not sure of the feeling."),
        (a.details.contradicts, "The mark and the words point apart."),
    ] {
        if so {
            line.extend([" <em>", says, "</em>"]);
        }
    }
    line
}

fn wants(a: &Annotation) -> &'static str {
    a.intent.as_str()
}

fn corrected(kept: &Kept) -> String {
    let Correction { sentiment, intents, spam } = &kept.correction;
    let mut said: Vec<&str> = sentiment.iter().map(|s| s.as_str()).collect();
    said.extend(intents.iter().flatten().map(|i| i.as_str()));
    said.extend(spam.map(|s| if s { "spam" } else { "no spam" }));
    format!("Corrected by <strong>{}</strong>, {}: {}.", escaped(&kept.who), kept.at.human(), said.join(", "))
}

fn form(list: &List, shown: &Shown) -> String {
    let (item, kept) = (&shown.item, shown.kept.as_ref().map(|k| &k.correction));
    let read = item.annotation.as_ref();
    let hidden = |field: Field, value: &str| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", field.as_str(), escaped(value))
    };
    let mut html = format!(
        "<form method=\"post\" action=\"/feedback/{id}/reading\" aria-label=\"Correct the reading of {id}\">\n",
        id = escaped(item.id.as_str())
    );
    html += &hidden(Field::Token, &shown.token);
    html += &hidden(Field::Order, list.order.as_str());
    html += &hidden(Field::After, list.after.as_deref().unwrap_or_default());
    let chosen = kept.and_then(|c| c.sentiment).map(Sentiment::as_str);
    let options = Sentiment::ALL.map(|s| (s.as_str(), s.as_str()));
    html += &select(Field::Sentiment, "Feeling", read.map(|a| a.sentiment.as_str()), chosen, &options);
    let chosen = kept.and_then(|c| c.intents.as_ref()?.first().copied()).map(Intent::as_str);
    let options = Intent::ALL.map(|i| (i.as_str(), i.as_str()));
    html += &select(Field::Intent, "Wants", read.map(wants), chosen, &options);
    let chosen = kept.and_then(|c| c.spam).map(|spam| if spam { "yes" } else { "no" });
    let options = [("yes", "spam"), ("no", "no spam")];
    html += &select(Field::Spam, "Spam", read.map(|a| if a.spam { "spam" } else { "no spam" }), chosen, &options);
    let who = format!(
        "<label>Your name <input name=\"{}\" value=\"{}\" required maxlength=\"{WHO_MAX_CHARS}\" autocomplete=\"name\"></label>\n",
        Field::Who.as_str(),
        escaped(&list.who)
    );
    html + &who + "<button type=\"submit\">Save</button>\n</form>\n"
}

/// A choice whose first option leaves it to the engine; `read` is what stands now.
fn select(field: Field, label: &str, read: Option<&str>, chosen: Option<&str>, options: &[(&str, &str)]) -> String {
    let leave = match (read, chosen) {
        // What the engine itself read is no longer known.
        (_, Some(_)) | (None, _) => "as the engine reads it".to_owned(),
        (Some(read), None) => format!("{read}, as read"),
    };
    let mut all = format!("<option value=\"\">{leave}</option>");
    for (value, words) in options {
        let selected = if chosen == Some(*value) { " selected" } else { "" };
        all.push_str(&["<option value=\"", value, "\"", selected, ">", words, "</option>"].concat());
    }
    format!("<label>{label} <select name=\"{}\" autocomplete=\"off\">{all}</select></label>\n", field.as_str())
}

#[cfg(test)]
mod tests;
