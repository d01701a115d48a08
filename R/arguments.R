# Checks of what the user passes, one function a kind of value. Each returns
# the checked value, or says which argument is wrong, what it should be, and
# what it is, or that it is missing.

abort_argument <- function(name, wanted, value, call, hints = character()) {
  if (missing(value)) {
    abort_rkeops(
      "argument", sprintf("`%s` is missing; it must be %s.", name, wanted),
      hints = hints, call = call
    )
  }
  abort_rkeops(
    "argument",
    sprintf("`%s` must be %s, not %s.", name, wanted, describe_value(value)),
    hints = hints, call = call
  )
}

describe_value <- function(value) {
  if (is.null(value)) {
    "NULL"
  } else if (is.data.frame(value)) {
    paste("a data frame of", describe_size(value))
  } else if (is.object(value)) {
    sprintf("an object of class `%s`", class(value)[[1L]])
  } else if (is.function(value)) {
    "a function"
  } else if (is.environment(value)) {
    "an environment"
  } else if (is.language(value)) {
    "an unevaluated expression"
  } else {
    describe_vector(value)
  }
}

describe_vector <- function(value) {
  if (is.atomic(value) && length(value) == 1L && is.null(dim(value))) {
    return(describe_scalar(value))
  }
  sprintf("%s of %s", describe_type(value), describe_size(value))
}

describe_scalar <- function(value) {
  if (is.character(value) && !is.na(value)) {
    return(encodeString(value, quote = "\""))
  }
  format(value)
}

describe_type <- function(value) {
  if (is.list(value)) {
    return("a list")
  }
  type <- if (is.numeric(value)) "numeric" else typeof(value)
  shape <- c("vector", "vector", "matrix", "array")[
    min(length(dim(value)), 3L) + 1L
  ]
  article <- if (grepl("^[aeiou]", type)) "an" else "a"
  paste(article, type, shape)
}

describe_size <- function(value) {
  if (length(dim(value))) {
    return(paste(dim(value), collapse = " x "))
  }
  paste("length", length(value))
}

# The operands of a function of lazy tensors, under the names they have there.
operands_of <- function(..., call = rlang::caller_env()) {
  names <- as.character(substitute(list(...)))[-1L]
  for (k in seq_along(names)) {
    if (eval(call("missing", as.name(paste0("..", k))))) {
      abort_argument(names[[k]], "a LazyTensor, a vector or a number", ,
                     call = call)
    }
  }
  rlang::set_names(list(...), names)
}

# In UTF-8, which the native code reads, whatever the text was written in.
check_string <- function(value, name, call) {
  if (missing(value) || !checkmate::test_string(value, min.chars = 1)) {
    abort_argument(name, "one string", value, call)
  }
  enc2utf8(value)
}

check_strings <- function(value, name, call) {
  is_text <- is.character(value) && !anyNA(value)
  if (!is_text) {
    abort_argument(name, "a vector of strings", value, call)
  }
  enc2utf8(value)
}

# An argument that is not there.
abort_unknown <- function(name, known = character(), call) {
  named <- !is.na(name) && nzchar(name)
  abort_rkeops(
    "argument", if (named) {
      sprintf("There is no argument `%s`.", name)
    } else {
      "There is one argument too many."
    }, hints = if (named) near_hints(name, known) else character(),
    call = call
  )
}

# Long names are no slip of the pen, and their distance takes long to count.
near_hints <- function(name, known, farthest = 2L) {
  if (!length(known) || !validUTF8(name) || nchar(name) > 100L) {
    return(character())
  }
  distance <- utils::adist(name, known, ignore.case = TRUE)
  if (min(distance) > farthest) {
    return(character())
  }
  sprintf("Did you mean `%s`?", known[[which.min(distance)]])
}

# checkmate cannot say what is wrong with strings of bytes.
is_choice <- function(value, choices) {
  is_bytes <- is.character(value) && "bytes" %in% Encoding(value)
  !is_bytes && checkmate::test_choice(value, choices)
}

check_choice <- function(value, choices, name, call) {
  if (!is_choice(value, choices)) {
    wanted <- paste0("\"", choices, "\"", collapse = ", ")
    wanted <- sub(", (\"[^\"]*\")$", " or \\1", wanted)
    abort_argument(name, wanted, value, call)
  }
  value
}

# A default that lists the choices stands for the first of them.
first_choice <- function(value, is_missing) {
  if (is_missing) value[[1L]] else value
}

check_flag <- function(value, name, call) {
  if (!checkmate::test_flag(value) && !checkmate::test_choice(value, 0:1)) {
    abort_argument(name, "TRUE or FALSE", value, call)
  }
  as.logical(value)
}

# checkmate takes complex numbers for whole ones.
is_whole <- function(x, ...) {
  !is.complex(x) && checkmate::test_integerish(x, ...)
}

is_whole_number <- function(x, ...) {
  !is.complex(x) && checkmate::test_int(x, ...)
}

is_count <- function(x, ...) !is.complex(x) && checkmate::test_count(x, ...)

check_count <- function(value, name, call, lower = 1, upper = Inf) {
  if (missing(value) || !is_whole_number(value, lower = lower, upper = upper)) {
    wanted <- if (is.finite(upper)) {
      sprintf("one whole number from %d to %d", lower, upper)
    } else {
      sprintf("one whole number, at least %d", lower)
    }
    abort_argument(name, wanted, value, call)
  }
  as.integer(value)
}

# How many digits are printed.
check_digits <- function(digits, call) {
  check_count(digits, "digits", call, lower = 1, upper = 15)
}

check_operator <- function(operator, name, call) {
  if (missing(operator) || !inherits(operator, "keops_operator")) {
    abort_argument(
      name, "an operator", operator, call,
      hints = "Make one with `keops_kernel()` or `keops_grad()`."
    )
  }
  operator
}
