# Factors and text: numbers that only name something. A lazy tensor of them has
# the type "code" ("ordered" for ordered factors) and keeps its levels; nothing
# but comparisons, and the choice of rows and components, is done with codes.

is_text <- function(x) is.factor(x) || (is.character(x) && !isS4(x))

# Whether data are factors or text: all columns of a data frame.
is_code_data <- function(x) {
  if (is.data.frame(x)) {
    length(x) > 0L && all(vapply(x, is_text, NA))
  } else {
    is_text(x)
  }
}

# The codes of `x`, NA where it is missing, and the levels they stand for.
code_data <- function(x) {
  columns <- if (is.data.frame(x)) as.list(x) else list(x)
  levels <- unique(unlist(lapply(columns, levels_of)))
  levels <- levels[!is.na(levels)]
  codes <- lapply(columns, codes_among, levels)
  codes <- if (is.data.frame(x)) {
    do.call(cbind, codes)
  } else {
    keep_shape(codes[[1L]], x)
  }
  list(
    values = codes,
    type = if (all(vapply(columns, is.ordered, NA))) "ordered" else "code",
    levels = levels %||% character()
  )
}

levels_of <- function(x) {
  if (is.factor(x)) {
    enc2utf8(levels(x))
  } else {
    sort(unique(enc2utf8(c(x))), method = "radix")
  }
}

codes_among <- function(x, levels) {
  codes <- if (is.factor(x)) {
    match(enc2utf8(levels(x)), levels)[unclass(x)]
  } else {
    match(enc2utf8(c(x)), levels)
  }
  as.double(codes)
}

code_types <- c("code", "ordered")

is_code_tensor <- function(x) check_whole(x)@type %in% code_types

code_hints <- c(
  "Factors and text are compared with each other by `==` and `!=`.",
  "`as.integer()` makes numbers of the codes of a factor."
)

abort_codes <- function(label, call) {
  abort_rkeops(
    "argument", sprintf("`%s` is not defined for factors and text.", label),
    hints = code_hints, call = call
  )
}

refuse_codes <- function(operands, label, call) {
  if (any(vapply(operands, is_code_tensor, NA))) abort_codes(label, call)
}

# Operands of a comparison with codes of the same levels.
code_operands <- function(row, operands, label, call) {
  is_code <- vapply(operands, is_code_tensor, NA)
  if (!any(is_code) || row$codes == "takes") {
    return(operands)
  }
  if (row$codes == "refuses") abort_codes(label, call)
  if (!all(is_code)) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` has a factor or text on one side, and numbers on the other.",
        label
      ), hints = c(
        "`as.character()` makes text of numbers.", code_hints[[2L]]
      ), call = call
    )
  }
  if (row$codes == "equates") {
    common_codes(operands)
  } else {
    ordered_codes(operands, label, call)
  }
}

common_codes <- function(operands) {
  levels <- unique(unlist(lapply(operands, function(one) one@levels)))
  lapply(operands, recode, levels)
}

# In the order of the levels of an ordered factor; text is looked up there.
ordered_codes <- function(operands, label, call) {
  is_ordered <- vapply(operands, function(one) one@type == "ordered", NA)
  if (!any(is_ordered)) {
    abort_rkeops(
      "argument", sprintf("`%s` needs an ordered factor.", label),
      hints = c(
        "`factor(x, levels, ordered = TRUE)` says the order of the levels.",
        code_hints[[1L]]
      ), call = call
    )
  }
  levels <- unique(lapply(operands[is_ordered], function(one) one@levels))
  if (length(levels) > 1L) {
    abort_rkeops(
      "argument",
      sprintf("The ordered factors of `%s` have different levels.", label),
      hints = "`factor(x, levels, ordered = TRUE)` gives both the same.",
      call = call
    )
  }
  lapply(operands, recode, levels[[1L]])
}

# All data of a code tensor are codes. Levels that are not there are NA.
recode <- function(x, levels) {
  if (identical(x@levels, levels)) {
    return(x)
  }
  codes <- as.double(match(x@levels, levels))
  if (!identical(codes, as.double(seq_along(codes)))) {
    x <- with_data(x, lapply(x@data, function(data) {
      data[] <- codes[data]
      without_mark(data)
    }))
  }
  x@levels <- levels
  x
}
