//! `#[exports(field)]`, which `bufferprocs` re-exports.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Makes a `#[pyclass]` an exporter: Python's consumers see the memory of one of its fields.
///
/// Put it above the class's `#[pymethods]`, which may have methods or none, and name the field:
/// `#[exports(pixels)]`, `#[exports(0)]` of a tuple, `#[exports(inner.pixels)]` of a field's field.
/// The field's type is a `ExportField`: an `Exported`, or something that keeps one. The class
/// extends no other class, or one that has the attribute too.
///
/// | what it adds | what it is for |
/// |---|---|
/// | `__getbuffer__`, `__releasebuffer__` | the two slots of the type |
/// | the class attribute `__bufferprocs__` | True: when the type was made, requests got a way around what PyO3 does for every method, with the same answers; False: something else had replaced the slots; None under the limited API (`abi3`), which reaches no slots |
/// | an implementation of `Exports` | names the field |
///
/// On PyPy it adds none of these, and the class is no exporter. The documentation of
/// `bufferprocs::python` says why.
///
/// | after the field | meaning |
/// |---|---|
/// | `, unaccelerated` | without `__bufferprocs__`: requests go through the methods |
/// | `, crate = path` | where `bufferprocs` is, if the crate has another name here, or another crate re-exports it |
#[proc_macro_attribute]
pub fn exports(arguments: TokenStream, block: TokenStream) -> TokenStream {
    expanded(arguments, block, true)
}

/// [`macro@exports`] on PyPy: it takes the same arguments, and adds nothing.
#[proc_macro_attribute]
pub fn exports_nothing(arguments: TokenStream, block: TokenStream) -> TokenStream {
    expanded(arguments, block, false)
}

fn expanded(arguments: TokenStream, block: TokenStream, python_calls_it: bool) -> TokenStream {
    match expand(arguments, block.clone(), python_calls_it) {
        Ok(expanded) => expanded,
        Err((message, span)) => {
            // The block stays, so that this is the only error.
            let mut output = error(message, span);
            output.extend(block);
            output
        }
    }
}

type Refused = (&'static str, Span);

fn expand(
    arguments: TokenStream,
    block: TokenStream,
    python_calls_it: bool,
) -> Result<TokenStream, Refused> {
    let arguments = Arguments::parse(arguments)?;
    let mut tokens: Vec<TokenTree> = block.into_iter().collect();
    let start = tokens.iter().position(|token| is_word(token, "impl"));
    let (Some(start), Some(TokenTree::Group(body))) = (start, tokens.last().cloned()) else {
        return Err((
            "#[exports] stands above #[pymethods] and an `impl` block",
            Span::call_site(),
        ));
    };
    if body.delimiter() != Delimiter::Brace || !tokens[..start].iter().any(is_pymethods) {
        return Err(("#[exports] stands above #[pymethods]", Span::call_site()));
    }
    if let Some(own) = own_definition(body.stream()) {
        return Err((
            "#[exports] adds __getbuffer__, __releasebuffer__ and __bufferprocs__: remove those written by hand",
            own,
        ));
    }
    let class: TokenStream = tokens[start + 1..tokens.len() - 1].iter().cloned().collect();
    let filled = |text| filled(parse(text), &class, &arguments);

    if !python_calls_it {
        return Ok(tokens.into_iter().collect());
    }
    let mut methods = body.stream();
    methods.extend(filled(METHODS));
    if arguments.accelerated {
        methods.extend(filled(ATTRIBUTE));
    }
    let mut body_with_methods = Group::new(Delimiter::Brace, methods);
    body_with_methods.set_span(body.span());
    *tokens.last_mut().expect("it was just looked at") = body_with_methods.into();

    let mut output: TokenStream = tokens.into_iter().collect();
    output.extend(filled(IMPLEMENTATION));
    Ok(output)
}

/// The arguments of the attribute.
struct Arguments {
    field: TokenStream,
    accelerated: bool,
    /// Path of the crate `bufferprocs`.
    path: TokenStream,
}

impl Arguments {
    fn parse(arguments: TokenStream) -> Result<Arguments, Refused> {
        let end = arguments.clone().into_iter().last();
        let tokens: Vec<TokenTree> = arguments.into_iter().collect();
        let mut parts = tokens.split(|token| is_punct(token, ','));
        let field: TokenStream = parts.next().unwrap_or_default().iter().cloned().collect();
        if !is_path(&field) {
            let span =
                field.into_iter().next().or(end).map_or_else(Span::call_site, |at| at.span());
            return Err((
                "name one field to export, as it is written after `self.`: #[exports(field)]",
                span,
            ));
        }
        let path = "::bufferprocs".parse().expect("a path");
        let mut parsed = Arguments { field, accelerated: true, path };
        for part in parts {
            match part {
                [] => {} // behind the last comma
                [word] if is_word(word, "unaccelerated") => parsed.accelerated = false,
                [word, equals, path @ ..]
                    if is_word(word, "crate") && is_punct(equals, '=') && !path.is_empty() =>
                {
                    parsed.path = path.iter().cloned().collect();
                }
                [first, ..] => {
                    return Err((
                        "after the field may come `unaccelerated` and `crate = path`",
                        first.span(),
                    ));
                }
            }
        }
        Ok(parsed)
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}

/// Whether an attribute is `#[pymethods]`, by whatever path. Not within a `cfg_attr`, which may
/// take it away: then the methods would be no slots, and `Exports` a false promise.
fn is_pymethods(attribute: &TokenTree) -> bool {
    let TokenTree::Group(group) = attribute else { return false };
    let words: Vec<String> = group
        .stream()
        .into_iter()
        .take_while(|token| matches!(token, TokenTree::Ident(_)) || is_punct(token, ':'))
        .filter(|token| matches!(token, TokenTree::Ident(_)))
        .map(|word| word.to_string())
        .collect();
    // Not `rustfmt::pymethods`, which compiles and does nothing.
    let is_pyo3 = words.len() == 1 || words.iter().any(|word| word == "pyo3");
    is_pyo3 && words.last().is_some_and(|last| last == "pymethods")
}

/// Where the block defines something of a name that the attribute adds, or gives a method this
/// name.
fn own_definition(methods: TokenStream) -> Option<Span> {
    const OURS: [&str; 3] = ["__getbuffer__", "__releasebuffer__", "__bufferprocs__"];
    let mut is_name = false;
    for token in methods {
        match &token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if is_name && OURS.contains(&&*name) {
                    return Some(ident.span());
                }
                is_name = name == "fn" || name == "const";
            }
            // `#[pyo3(name = "__getbuffer__")]`
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let text = text.trim_start_matches('r').trim_matches('#').trim_matches('"');
                if OURS.contains(&text) {
                    return Some(literal.span());
                }
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                if let Some(own) = own_definition(group.stream()) {
                    return Some(own);
                }
            }
            _ => is_name = false,
        }
    }
    None
}

// In the texts below `CRATE`, `CLASS` and `FIELD` are replaced by what the attribute was given.

const METHODS: &str = "
    unsafe fn __getbuffer__(
        slf: &CRATE::python::pyo3::Bound<'_, Self>,
        view: *mut CRATE::python::pyo3::ffi::Py_buffer,
        flags: CRATE::python::core::ffi::c_int,
    ) -> CRATE::python::pyo3::PyResult<()> {
        // SAFETY: called by the interpreter, whose promises these are.
        unsafe { CRATE::python::getbuffer(slf, view, flags) }
    }

    unsafe fn __releasebuffer__(
        slf: &CRATE::python::pyo3::Bound<'_, Self>,
        view: *mut CRATE::python::pyo3::ffi::Py_buffer,
    ) {
        // SAFETY: called by the interpreter, whose promises these are.
        unsafe { CRATE::python::releasebuffer(slf, view) }
    }
";

const ATTRIBUTE: &str = "
    #[classattr]
    fn __bufferprocs__(
        py: CRATE::python::pyo3::Python<'_>,
    ) -> CRATE::python::core::option::Option<CRATE::python::core::primitive::bool> {
        CRATE::python::accelerated::<Self>(py)
    }
";

const IMPLEMENTATION: &str = "
    // SAFETY: the methods above are the class's, or the compiler refuses two of one name.
    // `Exports` itself demands a base that may be one.
    unsafe impl CRATE::python::Exports for CLASS {
        fn export_field(&self) -> &impl CRATE::python::ExportField {
            &self.FIELD
        }
    }

    const _: () = CRATE::python::check_size::<CLASS>();
";

/// Source text of this file, as tokens of this crate: lints of the user's crate do not look into
/// them.
fn parse(text: &str) -> TokenStream {
    let tokens: TokenStream = text.parse().expect("the text above is Rust");
    respanned(tokens, &|mut token| {
        // `self` and `Self` are found where the user's block is.
        token.set_span(Span::mixed_site());
        vec![token]
    })
}

fn filled(tokens: TokenStream, class: &TokenStream, arguments: &Arguments) -> TokenStream {
    respanned(tokens, &|token| {
        let given = match &token {
            TokenTree::Ident(ident) => match ident.to_string().as_str() {
                "CRATE" => &arguments.path,
                "CLASS" => class,
                "FIELD" => &arguments.field,
                _ => return vec![token],
            },
            _ => return vec![token],
        };
        given.clone().into_iter().collect()
    })
}

fn respanned(tokens: TokenStream, change: &dyn Fn(TokenTree) -> Vec<TokenTree>) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => {
                let inner = Group::new(group.delimiter(), respanned(group.stream(), change));
                change(inner.into())
            }
            token => change(token),
        })
        .collect()
}

/// `a`, `0`, `a.b`.
fn is_path(field: &TokenStream) -> bool {
    let mut name_is_next = true;
    for token in field.clone() {
        let fits = match &token {
            TokenTree::Ident(_) => name_is_next,
            // The place in a tuple.
            TokenTree::Literal(literal) => {
                name_is_next && literal.to_string().parse::<u32>().is_ok()
            }
            TokenTree::Punct(punct) => !name_is_next && punct.as_char() == '.',
            TokenTree::Group(_) => false,
        };
        if !fits {
            return false;
        }
        name_is_next = !name_is_next;
    }
    !name_is_next
}

fn error(message: &str, span: Span) -> TokenStream {
    let text = format!("::core::compile_error!({message:?});");
    let tokens: TokenStream = text.parse().expect("a macro call");
    respanned(tokens, &|mut token| {
        token.set_span(span);
        vec![token]
    })
}
