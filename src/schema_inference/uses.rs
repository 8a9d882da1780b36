//! What templates do with a value, and which types of JSON that leaves.

/// A set of ways in which a value is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses(u32);

impl Uses {
    pub(super) const NONE: Uses = Uses(0);
    /// Written by an action as it is.
    pub(super) const PRINTED: Uses = Uses(1);
    /// Made a text by `quote`, `printf` and their like, which take every scalar.
    pub(super) const QUOTED: Uses = Uses(1 << 1);
    /// Passed where only a text fits.
    pub(super) const TEXT: Uses = Uses(1 << 2);
    /// Made a number by `int`, `add` and their like, which take texts too.
    pub(super) const NUMBER: Uses = Uses(1 << 3);
    /// Asked whether it is empty.
    pub(super) const TRUTH: Uses = Uses(1 << 4);
    /// Gone over by `range`, or asked for its keys.
    pub(super) const RANGED: Uses = Uses(1 << 5);
    /// Passed where only a list fits.
    pub(super) const LIST: Uses = Uses(1 << 6);
    /// A field of it is read, or it is passed where only a map fits.
    pub(super) const MAP: Uses = Uses(1 << 7);
    /// Written whole, whatever it is: `toYaml`.
    pub(super) const WHOLE: Uses = Uses(1 << 8);
    /// Used in a way that is not known.
    pub(super) const ANY: Uses = Uses(1 << 9);
    /// Asked for its type.
    pub(super) const TYPE_TEST: Uses = Uses(1 << 10);
    /// Compared with a text.
    pub(super) const AS_TEXT: Uses = Uses(1 << 11);
    /// Compared with a number.
    pub(super) const AS_NUMBER: Uses = Uses(1 << 12);
    /// Compared with a bool.
    pub(super) const AS_BOOL: Uses = Uses(1 << 13);
    /// Read by a key that is only known when templates run.
    pub(super) const DYNAMIC: Uses = Uses(1 << 14);
    /// Executed as a template.
    pub(super) const TPL: Uses = Uses(1 << 15);
    /// Counted by `len`.
    pub(super) const COUNTED: Uses = Uses(1 << 16);
    /// Demanded by `required`.
    pub(super) const REQUIRED: Uses = Uses(1 << 17);
    /// Replaced by `default` where it is empty, or asked whether it is there.
    pub(super) const OPTIONAL: Uses = Uses(1 << 18);
    /// Compared with something that is not known.
    pub(super) const COMPARED: Uses = Uses(1 << 19);
    /// Asked for by its name, whatever becomes of it.
    pub(super) const READ: Uses = Uses(1 << 20);

    pub(super) const fn and(self, other: Uses) -> Uses {
        Uses(self.0 | other.0)
    }

    pub(super) fn add(&mut self, other: Uses) {
        self.0 |= other.0;
    }

    pub(super) fn has(self, any: Uses) -> bool {
        self.0 & any.0 != 0
    }

    /// Whether there is no use beside these.
    pub(super) fn is_within(self, all: Uses) -> bool {
        self.0 & !all.0 == 0
    }

    /// Whether a map that is used so may have keys which no template names.
    pub(super) fn opens(self) -> bool {
        const OPENING: Uses = Uses::WHOLE.and(Uses::ANY).and(Uses::RANGED).and(Uses::DYNAMIC).and(Uses::PRINTED);
        self.has(OPENING.and(Uses::QUOTED).and(Uses::TYPE_TEST).and(Uses::TPL))
    }

    /// Whether every value may stand where one is used so.
    fn is_broad(self) -> bool {
        self.has(Uses::ANY.and(Uses::WHOLE).and(Uses::TYPE_TEST))
    }

    /// The types that all uses take; all of them where nothing is known, or where no type serves all.
    pub(super) fn types(self) -> Types {
        if self.is_broad() {
            return Types::ALL;
        }
        let rules = [
            (Uses::TEXT.and(Uses::TPL).and(Uses::AS_TEXT), Types::STRING),
            (Uses::NUMBER, Types::NUMBER.or(Types::STRING)),
            (Uses::AS_NUMBER, Types::NUMBER),
            (Uses::AS_BOOL, Types::BOOLEAN),
            (Uses::PRINTED.and(Uses::QUOTED).and(Uses::COMPARED), Types::SCALAR),
            (Uses::RANGED, Types::ARRAY.or(Types::OBJECT)),
            (Uses::LIST, Types::ARRAY),
            (Uses::MAP.and(Uses::DYNAMIC), Types::OBJECT),
            (Uses::COUNTED, Types::STRING.or(Types::ARRAY).or(Types::OBJECT)),
        ];
        let asked = rules.iter().filter(|(uses, _)| self.has(*uses));
        let left = asked.fold(Types::ALL, |left, (_, types)| left.of_both(*types));
        match left {
            Types::ALL if self.0 & !Uses::READ.0 == Uses::TRUTH.0 => Types::BOOLEAN,
            left if left.is_empty() => Types::ALL,
            left => left,
        }
    }
}

/// A set of types of JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NONE: Types = Types(0);
    pub(super) const STRING: Types = Types(1);
    pub(super) const INTEGER: Types = Types(2);
    pub(super) const NUMBER: Types = Types(4 | 2);
    pub(super) const BOOLEAN: Types = Types(8);
    pub(super) const OBJECT: Types = Types(16);
    pub(super) const ARRAY: Types = Types(32);
    pub(super) const NULL: Types = Types(64);
    pub(super) const SCALAR: Types = Types(1 | 2 | 4 | 8);
    pub(super) const ALL: Types = Types(127);

    pub(super) const fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    fn of_both(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Types) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names in JSON Schema, in a fixed order; `number` covers `integer`.
    pub(super) fn names(self) -> Vec<&'static str> {
        let all = [
            ("object", Types::OBJECT),
            ("array", Types::ARRAY),
            ("string", Types::STRING),
            ("number", Types::NUMBER),
            ("integer", Types::INTEGER),
            ("boolean", Types::BOOLEAN),
            ("null", Types::NULL),
        ];
        let number = self.has(Types::NUMBER);
        all.into_iter()
            .filter(|(name, types)| self.has(*types) && !(number && *name == "integer"))
            .map(|(name, _)| name)
            .collect()
    }

    /// The set that an annotation's word names.
    pub(super) fn named(word: &str) -> Option<Types> {
        Some(match word.trim() {
            "string" | "str" | "tpl" => Types::STRING,
            "int" | "integer" => Types::INTEGER,
            "number" | "float" => Types::NUMBER,
            "bool" | "boolean" => Types::BOOLEAN,
            "object" | "dict" | "map" => Types::OBJECT,
            "array" | "list" => Types::ARRAY,
            "null" => Types::NULL,
            _ => return None,
        })
    }
}

/// The defaults that were met at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Defaults {
    /// The types of those that are neither empty nor null.
    pub(super) filled: Types,
    /// The types of empty texts, lists and maps.
    pub(super) empty: Types,
    /// Whether one is null.
    pub(super) null: bool,
}

impl Defaults {
    pub(super) fn is_known(self) -> bool {
        !self.filled.is_empty() || !self.empty.is_empty()
    }

    pub(super) fn add(&mut self, other: Defaults) {
        self.filled = self.filled.or(other.filled);
        self.empty = self.empty.or(other.empty);
        self.null |= other.null;
    }

    /// The types that may stand where these defaults do, under the uses; all where nothing can be said.
    ///
    /// A default that says something keeps its type, wider only where the uses ask for it. An empty one, and null, take
    /// whatever the uses take.
    pub(super) fn types(self, uses: Uses) -> Types {
        let taken = uses.types();
        if !self.is_known() {
            return taken.or(Types::NULL);
        }
        let mut types = self.filled.or(self.empty);
        let text_like = uses.has(Uses::TPL.and(Uses::TYPE_TEST).and(Uses::ANY).and(Uses::TEXT));
        if self.filled.has(Types::STRING) && uses.is_broad() {
            return Types::ALL;
        }
        if self.empty.has(Types::STRING) {
            match taken {
                Types::ALL => return Types::ALL,
                taken => types = types.or(taken),
            }
        }
        if self.filled.has(Types::STRING) && uses.has(Uses::NUMBER) {
            types = types.or(Types::NUMBER);
        }
        let plain = Types::NUMBER.or(Types::BOOLEAN);
        let has_plain = self.filled.has(Types::INTEGER) || self.filled.has(Types::BOOLEAN);
        let as_text = Uses::QUOTED.and(Uses::WHOLE).and(Uses::AS_TEXT).and(Uses::NUMBER);
        if has_plain && !types.of_both(plain).is_empty() && (text_like || uses.has(as_text)) {
            types = types.or(Types::STRING);
        }
        let holds = types.has(Types::OBJECT) || types.has(Types::ARRAY);
        if holds && text_like {
            types = types.or(Types::STRING);
        }
        let empty_holder = self.empty.has(Types::OBJECT) || self.empty.has(Types::ARRAY);
        let either_holder = Uses::WHOLE.and(Uses::RANGED).and(Uses::TYPE_TEST).and(Uses::ANY);
        let only_list = uses.has(Uses::LIST) && !uses.is_broad();
        if empty_holder && !only_list && uses.has(either_holder) && !uses.has(Uses::MAP.and(Uses::DYNAMIC)) {
            types = types.or(Types::OBJECT).or(Types::ARRAY);
        }
        if self.null { types.or(taken).or(Types::NULL) } else { types }
    }
}
