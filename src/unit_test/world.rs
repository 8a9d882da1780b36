//! The world of a test: a fixed time, counted random bytes, and the objects that the test declares.

use crate::value::{Map, Value};
use crate::world::{FixedWorld, Lookup, Timestamp, World, lookup_in};

/// 2020-01-01T00:00:00Z.
const NOW: Timestamp = 1_577_836_800_000_000_000;

/// What templates see in a test; two renders of one test are equal.
pub(super) struct TestWorld {
    fixed: FixedWorld,
    objects: Vec<Map>,
}

impl TestWorld {
    /// A world with these objects in its cluster; without any there is no cluster.
    pub(super) fn new(objects: Vec<Map>) -> TestWorld {
        TestWorld { fixed: FixedWorld::new(NOW, 1), objects }
    }
}

impl World for TestWorld {
    fn now(&self) -> Timestamp {
        self.fixed.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.fixed.random(out);
    }

    fn lookup(&self, wanted: &Lookup) -> Option<Value> {
        if self.objects.is_empty() {
            return None;
        }
        let found = lookup_in(&self.objects, wanted)?;
        if wanted.name.is_empty()
            && let Value::Map(list) = &found
        {
            // As the fake client of client-go numbers its lists: by all objects of the kind.
            let everywhere = Lookup { namespace: String::new(), ..wanted.clone() };
            let all = lookup_in(&self.objects, &everywhere).and_then(|all| all.as_map()?.get("items"));
            let version = all.and_then(|items| Some(items.as_list()?.len() + 1)).unwrap_or(1).to_string();
            let metadata: Map = [("continue", ""), ("resourceVersion", &version)]
                .into_iter()
                .map(|(key, text)| (key, Value::str(text)))
                .collect();
            list.insert("metadata", Value::Map(metadata));
        }
        Some(found)
    }

    fn lookup_host(&self, _: &str) -> Option<String> {
        None
    }
}
