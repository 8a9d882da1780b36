//! The Unicode classes that Go's `\p{...}` knows.

use std::borrow::Cow;

/// General categories by their short names; `LC` is looked up apart, because it is no canonical name.
const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// Long names of general categories in canonical form.
const ALIASES: [(&str, &str); 40] = [
    ("Casedletter", "LC"),
    ("Closepunctuation", "Pe"),
    ("Cntrl", "Cc"),
    ("Combiningmark", "M"),
    ("Connectorpunctuation", "Pc"),
    ("Control", "Cc"),
    ("Currencysymbol", "Sc"),
    ("Dashpunctuation", "Pd"),
    ("Decimalnumber", "Nd"),
    ("Digit", "Nd"),
    ("Enclosingmark", "Me"),
    ("Finalpunctuation", "Pf"),
    ("Format", "Cf"),
    ("Initialpunctuation", "Pi"),
    ("Letter", "L"),
    ("Letternumber", "Nl"),
    ("Lineseparator", "Zl"),
    ("Lowercaseletter", "Ll"),
    ("Mark", "M"),
    ("Mathsymbol", "Sm"),
    ("Modifierletter", "Lm"),
    ("Modifiersymbol", "Sk"),
    ("Nonspacingmark", "Mn"),
    ("Number", "N"),
    ("Openpunctuation", "Ps"),
    ("Other", "C"),
    ("Otherletter", "Lo"),
    ("Othernumber", "No"),
    ("Otherpunctuation", "Po"),
    ("Othersymbol", "So"),
    ("Paragraphseparator", "Zp"),
    ("Privateuse", "Co"),
    ("Punct", "P"),
    ("Punctuation", "P"),
    ("Separator", "Z"),
    ("Spaceseparator", "Zs"),
    ("Spacingmark", "Mc"),
    ("Surrogate", "Cs"),
    ("Symbol", "S"),
    ("Titlecaseletter", "Lt"),
];

/// Scripts. Those with an underscore in their names are missing on purpose: Go cannot find them.
const SCRIPTS: [&str; 117] = [
    "Adlam",
    "Ahom",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Carian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dogra",
    "Duployan",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Inherited",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Medefaidrin",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nandinagari",
    "Newa",
    "Nko",
    "Nushu",
    "Ogham",
    "Oriya",
    "Osage",
    "Osmanya",
    "Palmyrene",
    "Phoenician",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "Sinhala",
    "Sogdian",
    "Soyombo",
    "Sundanese",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Yezidi",
    "Yi",
];

/// The regex crate's form of a class, from `\p` with a sign to the closing brace, if Go knows the name.
pub(super) fn unicode_class(name: &str, negated: bool) -> Option<Cow<'static, str>> {
    let name = canonical(name);
    let sign = if negated { 'P' } else { 'p' };
    let category = match name.as_str() {
        "Any" | "Assigned" | "Ascii" => return Some(format!("\\{sign}{{{name}}}").into()),
        "Lc" => Some("LC"),
        "Unassigned" => Some("Cn"),
        "Uppercaseletter" => Some("Lu"),
        short => CATEGORIES.iter().copied().find(|known| *known == short).or_else(|| alias(short)),
    };
    match category {
        // Surrogates cannot occur in text, and the crate has no class for them.
        Some("Cs") => Some(Cow::Borrowed(if negated { "\\p{Any}" } else { "\\P{Any}" })),
        Some(category) => Some(format!("\\{sign}{{gc={category}}}").into()),
        None => SCRIPTS.contains(&name.as_str()).then(|| format!("\\{sign}{{sc={name}}}").into()),
    }
}

fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(long, _)| *long == name).map(|(_, short)| *short)
}

/// A name with a capital first and small letters behind, without `_`, `-` and spaces.
fn canonical(name: &str) -> String {
    let mut letters = name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' '));
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_knows_all_classes() {
        let long = ALIASES.iter().map(|(long, _)| *long);
        let special = ["Any", "assigned", "ASCII", "LC", "Unassigned", "Uppercase_Letter"];
        for name in CATEGORIES.into_iter().chain(SCRIPTS).chain(long).chain(special) {
            let class = unicode_class(name, false).expect(name);
            assert!(::regex::Regex::new(&class).is_ok(), "{name}: {class}");
        }
        assert_eq!(unicode_class("Old_Italic", false), None);
        assert_eq!(unicode_class("X", false), None);
    }
}
