//! What is known of a person, as analytics tools send it: what says who they are is left out.

use std::collections::BTreeMap;

use super::NAME_MAX;
use super::pick::{self, Fields};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{Usage, UsageRecord};

/// Traits of one person that are kept.
const TRAITS_MAX: usize = 50;
/// Longest value, in characters.
const VALUE_MAX: usize = 200;
/// Traits that name a person rather than describe a kind of person, in lower case with letters and digits alone.
const PERSONAL: &[&str] = &[
    "id",
    "email",
    "mail",
    "emailaddress",
    "phone",
    "phonenumber",
    "mobile",
    "name",
    "firstname",
    "lastname",
    "fullname",
    "displayname",
    "username",
    "userid",
    "login",
    "nickname",
    "address",
    "street",
    "zip",
    "zipcode",
    "postalcode",
    "avatar",
    "birthday",
    "birthdate",
    "dateofbirth",
    "dob",
    "ssn",
    "ip",
    "ipaddress",
    "description",
    "website",
    "password",
    "token",
    "advertisingid",
    "idfa",
    "idfv",
    "deviceid",
    "latitude",
    "longitude",
    "geoiplatitude",
    "geoiplongitude",
    "geoippostalcode",
    "geoipcityname",
];

/// Plain traits that tell what kind of person it is; `None` where none is left.
pub(super) fn traits(fields: &Fields) -> Option<BTreeMap<String, String>> {
    let kept: BTreeMap<String, String> = fields
        .iter()
        .filter_map(|(name, value)| {
            let name = name.trim_start_matches('$').trim();
            let fits = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control);
            let value = pick::plain(value, VALUE_MAX).ok().flatten()?;
            // An address for mail is one under any name.
            (fits && !is_personal(name) && !value.contains('@')).then(|| (name.to_owned(), value))
        })
        .take(TRAITS_MAX)
        .collect();
    (!kept.is_empty()).then_some(kept)
}

fn is_personal(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    PERSONAL.contains(&name.as_str())
}

/// The record of a person's traits, which `of` tells beside what it says.
pub(super) fn beside(of: &UsageRecord, attributes: BTreeMap<String, String>) -> UsageRecord {
    UsageRecord {
        message_id: of.message_id.as_ref().map(|id| format!("{id}#traits")),
        belongs: Belongs::default(),
        what: Usage::Traits { attributes },
        ..of.clone()
    }
}
