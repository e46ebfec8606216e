//! The conversion of YAML and JSON text: objects, their places, and confidential text.

use super::*;

fn read(text: &str) -> Result<Objects, Diagnostics> {
    let mut sources = Sources::default();
    let source = sources.add("app.yaml".to_owned(), text.to_owned());
    read_objects(&mut sources, source)
}

/// The fault of a refused text: message, line, mark and remedy.
fn refused(text: &str) -> String {
    let diagnostics = read(text).expect_err("a fault");
    let told = diagnostics.list.iter().map(|diagnostic| {
        let shown = diagnostic.place.as_ref().map_or_else(String::new, |place| {
            let mark = &place.text[place.mark.clone()];
            format!("  line: {}\n  mark: {mark}\n", place.text)
        });
        format!("{diagnostic}\n{shown}  help: {}", diagnostic.help)
    });
    told.collect::<Vec<String>>().join("\n")
}

fn names(objects: &Objects) -> Vec<String> {
    objects
        .list
        .iter()
        .map(|object| {
            format!(
                "{} {}/{}",
                object.kind,
                object.namespace_or("default"),
                object.name
            )
        })
        .collect()
}

#[test]
fn documents_and_lists_and_json_hold_the_same_objects() {
    let expected = [
        "Deployment web/shop",
        "HorizontalPodAutoscaler default/shop",
    ];
    let documents = "# two\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop, namespace: web}\n---\n---\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: shop\n...\n";
    let list = "apiVersion: v1\nkind: List\nitems:\n- kind: Deployment\n  metadata: {name: shop, namespace: web}\n- kind: HorizontalPodAutoscaler\n  metadata: {name: shop}\nmetadata:\n  resourceVersion: \"\"\n";
    let json = "{\n\t\"kind\": \"List\",\n\t\"items\": [{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"shop\",\"namespace\":\"web\"}},\n{\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{\"name\":\"shop\"}}]}";
    for text in [documents, list, json] {
        assert_eq!(names(&read(text).expect("objects")), expected, "{text}");
    }
    let typed = "kind: DeploymentList\napiVersion: apps/v1\nitems:\n- metadata: {name: shop, namespace: web}\n";
    let objects = read(typed).expect("objects");
    assert_eq!(names(&objects), ["Deployment web/shop"]);
    assert_eq!(objects.list[0].group(), "apps");
}

#[test]
fn words_mean_what_they_mean_to_kubectl() {
    let text = "kind: X\nvalues: [1, -2, 0x10, 0.5, 1e3, 100m, true, yes, off, '5', !!str 5, ~, 1.2.3, .inf, e, 12:30]\nnone:\nempty: ~\n";
    let objects = read(text).expect("objects");
    let tree = &objects.list[0].tree;
    let values: Vec<Value> = tree
        .at(&["values"])
        .expect("values")
        .items()
        .iter()
        .map(|node| node.value.clone())
        .collect();
    let word = |text: &str| Value::Text(text.to_owned());
    assert_eq!(
        values,
        [
            Value::Integer(1),
            Value::Integer(-2),
            Value::Integer(16),
            Value::Float(0.5),
            Value::Float(1000.0),
            word("100m"),
            Value::Boolean(true),
            Value::Boolean(true),
            Value::Boolean(false),
            word("5"),
            word("5"),
            Value::Null,
            word("1.2.3"),
            word(".inf"),
            word("e"),
            word("12:30"),
        ]
    );
    assert!(tree.get("none").is_none() && tree.get("empty").is_none());
}

#[test]
fn aliases_and_merges_are_written_out() {
    let text = "kind: X\nbase: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\nagain: *base\n";
    let objects = read(text).expect("objects");
    let tree = &objects.list[0].tree;
    let number = |path: &[&str]| tree.at(path).map(|node| node.value.clone());
    assert_eq!(number(&["more", "a"]), Some(Value::Integer(1)));
    assert_eq!(number(&["more", "b"]), Some(Value::Integer(3)));
    assert_eq!(number(&["again", "b"]), Some(Value::Integer(2)));
    let alias = tree.at(&["again", "b"]).expect("b").origin;
    assert_eq!(&text[alias.start..alias.end], "*base");
}

#[test]
fn a_place_is_that_of_the_value() {
    let text = "kind: X\nmetadata:\n  name: ü\n  labels:\n    app: shop\n";
    let objects = read(text).expect("objects");
    let origin = objects.list[0]
        .tree
        .at(&["metadata", "labels", "app"])
        .expect("app")
        .origin;
    assert_eq!(&text[origin.start..origin.end], "shop");
    let name = objects.list[0].name_origin();
    assert_eq!(&text[name.start..name.end], "ü");
}

#[test]
fn a_syntax_fault_has_a_place_and_a_remedy() {
    insta::assert_snapshot!(refused("kind: X\nspec: [1, 2\n"), @"
    E0022: this is not valid YAML: unclosed bracket '[' (app.yaml:2:7)
      line: spec: [<hidden>
      mark: [<hidden>
      help: indent with spaces, write one `key: value` on a line, and put quotes around values with `: `, `#` or a bracket
    ");
    insta::assert_snapshot!(refused("kind: X\nspec: 1\nkind: Y\n"), @"
    E0022: the key `kind` is repeated (app.yaml:3:1)
      line: kind: Y
      mark: kind
      help: keep one of the two
    ");
    insta::assert_snapshot!(refused("kind: X\nname: {{ .Values.name }}\n"), @"
    E0022: this is a Helm template, and only its output is YAML (app.yaml:2:8)
      line: name: {{ .Values.name }}
      mark: {
      help: render the chart first: `helm template . | hpasim check -`
    ");
    insta::assert_snapshot!(refused("kind: X\nspec: &a [*a]\n"), @"
    E0022: this alias is inside its own anchor (app.yaml:2:11)
      line: spec: <hidden>
      mark: <hidden>
      help: write the value instead of the alias
    ");
    insta::assert_snapshot!(refused("kind: X\nspec: *nowhere\n"), @"
    E0022: this is not valid YAML: while parsing node, found unknown anchor (app.yaml:2:7)
      line: spec: <hidden>
      mark: <hidden>
      help: indent with spaces, write one `key: value` on a line, and put quotes around values with `: `, `#` or a bracket
    ");
    insta::assert_snapshot!(refused("kind: X\n<<: 5\n"), @"
    E0022: `<<` merges tables, and this is not a table (app.yaml:2:1)
      line: <<: <hidden>
      mark: <<
      help: write `<<: *name`, where `name` is the anchor of a table
    ");
}

#[test]
fn an_alias_bomb_is_refused_before_it_goes_off() {
    let mut text = "kind: X\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let previous = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
    }
    insta::assert_snapshot!(refused(&text), @"
    E0023: the manifest holds more than 2 million values when its aliases are expanded (app.yaml:7:9)
      line: <hidden>
      mark: <hidden>
      help: keep only the autoscaler and its target, and use no aliases
    ");
    let long = "y".repeat(1 << 20);
    let words = format!(
        "kind: X\nword: &w {long}\nlist: [{}]\n",
        "*w, ".repeat(1000)
    );
    assert!(refused(&words).starts_with("E0023"));
}

#[test]
fn depth_is_bounded_also_through_aliases() {
    let brackets = format!("kind: X\nspec: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let nested = refused(&brackets);
    assert!(nested.starts_with("E0023") && nested.contains("(app.yaml:2:107)"));
    let mut text = "kind: X\na0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(refused(&text).starts_with("E0023"));
    let mut blocks = "kind: X\n".to_owned();
    for level in 0..5000 {
        blocks.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    assert!(refused(&blocks).starts_with("E0023"));
}

#[test]
fn a_thousand_documents_are_a_thousand_objects() {
    let document = "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop}\n";
    let objects = read(&document.repeat(1000)).expect("objects");
    assert_eq!(objects.list.len(), 1000);
}

#[test]
fn a_manifest_of_fifty_megabytes_is_read_or_refused_in_bounded_memory() {
    let service =
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: shop\n  annotations:\n    note: "
            .to_owned()
            + &"long ".repeat(200)
            + "\nspec: {}\n";
    let objects = read(&service.repeat((50 << 20) / service.len())).expect("objects");
    assert!(objects.list.len() > 40_000);
    let dense = format!("kind: X\nlist: [{}]\n", "1,".repeat(25 << 20));
    assert!(refused(&dense).starts_with("E0023"));
    let larger = " ".repeat(64 * 1024 * 1024 + 1);
    insta::assert_snapshot!(refused(&larger), @"
    E0023: `app.yaml` is larger than a manifest may be: 64 MiB
      help: keep only the autoscaler and its target: `kubectl get hpa,deploy -n NAMESPACE -o yaml`
    ");
}

/// Every kind of fault in or beside a Secret: no diagnostic prints the content of the Secret.
#[test]
fn no_diagnostic_shows_what_a_secret_holds() {
    let block =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  KEY: s3cret-value\n";
    let cases = [
        // A syntax fault inside, before `kind` is known, or elsewhere in the file.
        "apiVersion: v1\ndata:\n  KEY: \"s3cret-value\n  OTHER: s3cret-value\nkind: Secret\n"
            .to_owned(),
        "kind: Secret\nstringData:\n  KEY: s3cret-value: s3cret-value\n".to_owned(),
        "kind: Secret\nstringData:\n\tKEY: s3cret-value\n".to_owned(),
        "kind: Secret\nstringData:\n  KEY: *s3cret-value\n".to_owned(),
        "kind: Secret\nstringData:\n  KEY: [s3cret-value\n".to_owned(),
        "{\"stringData\": {\"KEY\": \"s3cret-value\",,}}".to_owned(),
        // Repeated keys: either value may be the secret.
        "kind: Secret\nstringData:\n  KEY: s3cret-value\n  KEY: s3cret-value\n".to_owned(),
        "kind: Secret\ndata: {KEY: s3cret-value, KEY: s3cret-value}\n".to_owned(),
        "kind: Secret\ndata: {KEY: s3cret-value}\ndata: {KEY: s3cret-value}\n".to_owned(),
        "{\"kind\":\"Secret\",\"data\":{\"KEY\":\"s3cret-value\"},\"kind\":\"Secret\"}".to_owned(),
        // Not an object, but a secret.
        "stringData: {KEY: s3cret-value}\n".to_owned(),
        "data: {KEY: s3cret-value}\n".to_owned(),
        "kind: Secret\ndata: {s3cret-value: 1, s3cret-value: 2}\n".to_owned(),
        format!("{block}---\nname: shop\n"),
        "kind: SecretList\nitems:\n- data: {KEY: s3cret-value, KEY: 1}\n".to_owned(),
        "kind: List\nitems:\n- kind: secret\n  data: {KEY: s3cret-value, KEY: 1}\n".to_owned(),
        "kind: Secret\nmetadata:\n  annotations: {last: s3cret-value, last: s3cret-value}\n"
            .to_owned(),
    ];
    for text in cases {
        let shown = refused(&text);
        assert!(!shown.contains("s3cret"), "{text}\n{shown}");
        let diagnostics = read(&text).expect_err("a fault");
        assert!(!format!("{diagnostics:?}").contains("s3cret"), "{text}");
    }
    insta::assert_snapshot!(refused("kind: Secret\ndata: {KEY: s3cret-value, KEY: 2}\n"), @"
    E0022: a key is repeated (app.yaml:2:27)
      line: data: <hidden>
      mark: <hidden>
      help: keep one of the two
    ");
}

#[test]
fn a_manifest_is_known_by_its_lines() {
    for text in [
        "apiVersion: v1\n",
        "# shop\n---\n- kind: Deployment\n",
        "{\"metadata\": {}, \"kind\": \"List\"}",
        "  \"kind\" : \"List\"",
    ] {
        assert!(looks_like_manifest(text), "{text}");
    }
    for text in [
        "[hpa]\nmaxReplicas = 5\n",
        "# kind: of\nname = \"kind: x\"\n",
        "kind = 5\n",
    ] {
        assert!(!looks_like_manifest(text), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_text_is_written_reads_back_as_the_same_text(text in "\\PC{0,20}|[ -~\n\t]{0,20}|.{0,20}|[-+0-9.eExo_:]{1,6}|yes|No|~|null|on|y") {
        let document = Document::table([("kind", Document::Text(text.clone()))]);
        let yaml = to_yaml(&document);
        let mut sources = Sources::default();
        let source = sources.add("app.yaml".to_owned(), yaml.clone());
        let read = yaml::parse_documents(&yaml, source);
        proptest::prop_assert!(read.faults.is_empty(), "{:?}", read.faults);
        proptest::prop_assert_eq!(read.list[0].get("kind").and_then(Node::text), Some(text.as_str()), "{}", yaml);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([a-c{}\\[\\]:,&*!|>'\"#\\-?% \n\t]|<<|---|kind: Secret\n|\u{e9}){0,60}") {
        let _ = read(&text);
    }
}

#[test]
fn a_template_is_called_by_its_language_where_its_expression_breaks_the_yaml() {
    let helm = "this is a Helm template";
    for (text, expected) in [
        ("{{- if .Values.hpa }}\nkind: X\n{{- end }}\n", helm),
        ("kind: X\nname: {{ include \"x\" . }}\n", helm),
        (
            "kind: X\nlabels:\n  {{- include \"x\" . | nindent 4 }}\n",
            helm,
        ),
        (
            "{% if hpa %}\nkind: X\n{% endif %}\n",
            "this is a Jinja template",
        ),
        ("kind: X\nname: {{ name }}\n", "a key must be a single word"),
        (
            "kind: X\nnote: '{{- .Values.a }}'\nspec: [1, 2\n",
            "this is not valid YAML",
        ),
    ] {
        let refusal = refused(text);
        assert!(refusal.contains(expected), "{text}{refusal}");
    }
}
