//! `#[exports(field)]`, which `bufferprocs` re-exports.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Makes a `#[pyclass]` an exporter: Python's consumers see the memory of one of its fields.
///
/// Stands above the class's `#[pymethods]`, which may have methods or none, and names the field: `#[exports(pixels)]`,
/// `#[exports(0)]` of a tuple, `#[exports(inner.pixels)]` of a field's field. The field's type is a `Holder`: an
/// `Exported`, or something that keeps one. Adds `__getbuffer__` and `__releasebuffer__` to the block, and implements
/// `Exports` for the class.
#[proc_macro_attribute]
pub fn exports(field: TokenStream, block: TokenStream) -> TokenStream {
    match expand(field, block.clone()) {
        Ok(expanded) => expanded,
        Err((message, span)) => {
            // The block stays, so that this is the only error.
            let mut output = error(message, span);
            output.extend(block);
            output
        }
    }
}

fn expand(field: TokenStream, block: TokenStream) -> Result<TokenStream, (&'static str, Span)> {
    if !is_path(&field) {
        let span = field.into_iter().next().map_or_else(Span::call_site, |token| token.span());
        return Err((
            "name one field to export, as it is written after `self.`: #[exports(field)]",
            span,
        ));
    }
    let mut tokens: Vec<TokenTree> = block.into_iter().collect();
    let is_word = |token: &TokenTree, word: &str| matches!(token, TokenTree::Ident(ident) if ident.to_string() == word);
    let start = tokens.iter().position(|token| is_word(token, "impl"));
    let (Some(start), Some(TokenTree::Group(body))) = (start, tokens.last().cloned()) else {
        return Err((
            "#[exports] stands above #[pymethods] and an `impl` block",
            Span::call_site(),
        ));
    };
    let is_pymethods = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.stream().into_iter().any(|token| is_word(&token, "pymethods")));
    if body.delimiter() != Delimiter::Brace || !tokens[..start].iter().any(is_pymethods) {
        return Err(("#[exports] stands above #[pymethods]", Span::call_site()));
    }
    if let Some(own) = own_method(body.stream()) {
        return Err((
            "#[exports] adds __getbuffer__ and __releasebuffer__: remove those written by hand",
            own,
        ));
    }
    let class: TokenStream = tokens[start + 1..tokens.len() - 1].iter().cloned().collect();

    let mut methods = body.stream();
    methods.extend(parse(METHODS));
    let mut body_with_methods = Group::new(Delimiter::Brace, methods);
    body_with_methods.set_span(body.span());
    *tokens.last_mut().expect("it was just looked at") = body_with_methods.into();

    let mut output: TokenStream = tokens.into_iter().collect();
    output.extend(filled(parse(IMPLEMENTATION), &class, &field));
    Ok(output)
}

/// Where the block defines a method that the attribute adds.
fn own_method(methods: TokenStream) -> Option<Span> {
    let is_ours = |name: &str| ["__getbuffer__", "__releasebuffer__"].contains(&name);
    let mut after_fn = false;
    for token in methods {
        if let TokenTree::Ident(ident) = &token {
            let name = ident.to_string();
            if after_fn && is_ours(&name) {
                return Some(ident.span());
            }
            after_fn = name == "fn";
        } else {
            after_fn = false;
        }
    }
    None
}

/// Which field it is stands in the implementation below.
const METHODS: &str = "
    unsafe fn __getbuffer__(
        slf: &::bufferprocs::python::pyo3::Bound<'_, Self>,
        view: *mut ::bufferprocs::python::pyo3::ffi::Py_buffer,
        flags: ::std::ffi::c_int,
    ) -> ::bufferprocs::python::pyo3::PyResult<()> {
        // SAFETY: called by the interpreter, whose promises these are.
        unsafe { ::bufferprocs::python::getbuffer(slf, view, flags) }
    }

    unsafe fn __releasebuffer__(
        slf: &::bufferprocs::python::pyo3::Bound<'_, Self>,
        view: *mut ::bufferprocs::python::pyo3::ffi::Py_buffer,
    ) {
        // SAFETY: called by the interpreter, whose promises these are.
        unsafe { ::bufferprocs::python::releasebuffer(slf, view) }
    }
";

/// `CLASS` and `FIELD` stand for what the attribute was given.
const IMPLEMENTATION: &str = "
    // SAFETY: the methods above are the class's, or the compiler refuses two of one name.
    unsafe impl ::bufferprocs::python::Exports for CLASS {
        fn holder(&self) -> &impl ::bufferprocs::python::Holder {
            &self.FIELD
        }
    }
";

/// Source text of this file, as tokens of this crate: lints of the user's crate do not look into them.
fn parse(text: &str) -> TokenStream {
    let tokens: TokenStream = text.parse().expect("the text above is Rust");
    respanned(tokens, &|mut token| {
        // `self` and `Self` are found where the user's block is.
        token.set_span(Span::mixed_site());
        vec![token]
    })
}

fn filled(tokens: TokenStream, class: &TokenStream, field: &TokenStream) -> TokenStream {
    respanned(tokens, &|token| match &token {
        TokenTree::Ident(ident) if ident.to_string() == "CLASS" => {
            class.clone().into_iter().collect()
        }
        TokenTree::Ident(ident) if ident.to_string() == "FIELD" => {
            field.clone().into_iter().collect()
        }
        _ => vec![token],
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
