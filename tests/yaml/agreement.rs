//! Ordinary documents, read by an independent YAML library.

use chartwright::yaml;
use serde_json::Value as Json;

const DOCUMENTS: [&str; 5] = [
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels: {app: web, tier: \"front\"}\nspec:\n  ports:\n    - port: 80\n      targetPort: 8080\n",
    "list:\n- 1\n- 2.5\n- true\n- null\n- text with spaces\n- 'it''s'\n- \"tab\\there\"\nempty: {}\nnone: []\n",
    "script: |\n  #!/bin/sh\n  echo hi\n\n  exit 0\nfolded: >-\n  one\n  two\n\n  three\nlast: >+\n  kept\n\n",
    "base: &base\n  a: 1\n  b: [x, y]\ncopy: *base\n\"quoted key\": v\n? complex\n: value\n",
    "# a comment\na: # another\n  b: http://example.org/#anchor\n  c: plain:text\n  d: -1\nlong: this is\n  one plain\n  scalar\n",
];

#[test]
fn ordinary_documents_mean_the_same_to_another_library() {
    for document in DOCUMENTS {
        let theirs: Json = serde_saphyr::from_str(document).expect("an ordinary document");
        let ours = yaml::from_yaml(document.as_bytes()).expect("an ordinary document");
        assert!(super::recorded::same(&ours, &theirs), "{document}\nours {ours:?}\ntheirs {theirs}");
        let written = yaml::to_yaml(&ours).expect("an ordinary value");
        let again: Json = serde_saphyr::from_slice(&written).expect("our own YAML");
        assert!(super::recorded::same(&ours, &again), "{document}\nwritten {}", String::from_utf8_lossy(&written));
    }
}
