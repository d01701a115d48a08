# Words that R and the formula language understand differently: a vector beside
# a matrix of pairs, the product of two such matrices, the components of what
# has one number at each pair. What could be meant in two ways is refused with
# the words that say it.

# ---- one number at each pair ----

# Whether the value is one number at each pair whatever the numbers of columns
# of the data: a distance, a kernel, and what is made of them entry by entry.
# Parameters of one component leave that as it is.
# Infix operators repeat what has dimension 1.
gives_number <- function(row, operands) {
  if (row$value == "1") {
    return(TRUE)
  }
  row$value == "D" && all(vapply(operands, function(one) {
    is_number_tensor(one) || (!has_index(one) && one@dimension == 1L)
  }, NA)) && any(vapply(operands, is_number_tensor, NA))
}

is_number_tensor <- function(x) isTRUE(x@state$number)

has_index <- function(x) !all(is.na(x@sizes))

has_pairs <- function(x) !anyNA(x@sizes)

# ---- vectors beside tensors ----

is_sequence <- function(x) {
  is.atomic(x) && length(x) > 1L && is.null(dim(x))
}

# A vector has one number for each component; beside a tensor of one component
# that has rows or columns it is more often meant to belong to these.
# `operands` are as the user gave them, `texts` what the user calls them.
check_vectors <- function(operands, texts, operation, call) {
  is_tensor <- vapply(operands, is.LazyTensor, NA)
  if (all(is_tensor)) {
    return()
  }
  wanted <- operation_row(operation, length(operands))$operands
  for (place in which(!is_tensor)) {
    beside <- operands[is_tensor & wanted == wanted[[place]]]
    if (is_sequence(operands[[place]]) && length(beside) &&
          grepl("D", wanted[[place]], fixed = TRUE)) {
      check_vector(operands[[place]], texts[[place]], beside, call)
    }
  }
}

check_vector <- function(vector, text, tensors, call) {
  sizes <- common_sizes(tensors, as.character(call[[1L]]), call)
  components <- max(vapply(tensors, inner_dimension, 1L))
  count <- length(vector)
  is_point <- count %in% sizes
  if (all(is.na(sizes)) || count == components ||
        (components > 1L && !is_point)) {
    return()
  }
  abort_rkeops(
    "argument",
    sprintf(
      "`%s` has %d elements; the LazyTensor beside it is %s.", text, count,
      paste(c(
        ifelse(is.na(sizes), 1L, sizes), if (components > 1L) components
      ), collapse = " x ")
    ),
    hints = c(
      places_of_vector(
        text, if (is_point) sizes %in% count else is.na(sizes)
      ),
      if (components == 1L) {
        sprintf(
          "`Pm(%s)` has a component for each of them, the same at each pair.",
          text
        )
      }
    ), call = call
  )
}

# `fits`: whether the vector can belong to the rows, and to the columns.
places_of_vector <- function(text, fits) {
  words <- sprintf(
    "`%s(%s)` for one number a %s", c("Vi", "Vj"), text, c("row", "column")
  )
  if (!any(fits)) {
    return(sprintf(
      "Write %s, or %s, with as many numbers.", words[[1L]], words[[2L]]
    ))
  }
  sprintf("Write %s.", paste(words[fits], collapse = ", "))
}

# The text of an operand as the user wrote it, where that is short.
operand_text <- function(call, place, otherwise) {
  if (length(call) < place) {
    return(otherwise)
  }
  text <- deparse(call[[place]], nlines = 2L)
  if (length(text) == 1L && nchar(text) <= 30L) text else otherwise
}

# ---- products of two tensors ----

# `sum(x * y, index = "j")` is the product that R means unless x is a matrix of
# pairs, and y varies with i.
check_product <- function(x, y, label, call) {
  if (!has_pairs(x) || is.na(y@sizes["i"])) {
    return()
  }
  if (is.na(y@sizes["j"])) {
    abort_rkeops(
      "argument", sprintf(
        "In `%s`, the numbers beside a matrix of pairs are indexed by j.", label
      ),
      hints = "Write `Vj(b)` instead of `Vi(b)`, or `K %*% b` with a vector.",
      call = call
    )
  }
  abort_rkeops(
    "argument", sprintf(
      "`%s` of two matrices of pairs would be a matrix that is stored.", label
    ),
    hints = c(
      "Multiply by vectors in turn: `K %*% (L %*% b)`.",
      "`K %*% as.matrix(L)` stores L and the product.",
      "`rowSums(K * L)` adds the products of entries."
    ), call = call
  )
}

# ---- reductions that are none ----

# Without an index a reduction is over the components at each pair. What has
# one number there, whatever its data, has nothing to be reduced.
check_components <- function(x, name, call) {
  if (!has_index(x) || inner_dimension(x) > 1L) {
    return()
  }
  if (is_number_tensor(x)) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` needs the `index` to reduce: %s.", name,
        "this LazyTensor has one number at each pair"
      ), hints = index_hints(name), call = call
    )
  }
  if (name != "sum") {
    rlang::inform(
      c(
        sprintf(
          "`%s` without an index is over components: here there is one.", name
        ),
        hint_bullets(index_hints(name))
      ),
      class = "rkeops_message_components", .frequency = "once",
      .frequency_id = "rkeops_components"
    )
  }
}

index_hints <- function(name) {
  c(
    sprintf(
      "`%s(x, index = \"j\")` is over j, `index = \"i\"` over i.", name
    ),
    sprintf("`%s` is over all entries.", over_all_entries(name))
  )
}

over_all_entries <- function(name) {
  switch(name,
    sum = "sum(rowSums(x))", mean = "mean(rowMeans(x))",
    argmin = , argmax = sprintf(
      "which.%s(as.vector(x))", substring(name, 4L)
    ),
    sprintf("%s(%s(x, index = \"j\"))", name, name)
  )
}

# `sum(K, 1)`: a number beside a tensor may be meant as an axis, or as an
# operand.
refuse_numbers <- function(name, call) {
  entrywise <- switch(name,
    sum = "x + y", prod = "x * y", min = "pmin(x, y)", max = "pmax(x, y)",
    any = "x | y", all = "x & y", range = "concat(pmin(x, y), pmax(x, y))"
  )
  abort_rkeops(
    "argument", sprintf(
      "`%s` of a LazyTensor takes an `index`, \"i\" or \"j\", and no numbers.",
      name
    ),
    hints = c(
      sprintf("Write `%s(x, index = \"j\")` to reduce over j.", name),
      sprintf("`%s` is entry by entry.", entrywise)
    ), call = call
  )
}

# ---- arguments that nobody takes ----

check_no_more <- function(dots, call, hints = character()) {
  if (!length(dots)) {
    return()
  }
  names <- rlang::names2(dots)
  abort_rkeops(
    "argument", if (any(names != "")) {
      sprintf("There is no argument `%s`.", names[names != ""][[1L]])
    } else {
      "There are too many arguments."
    }, hints = hints, call = call
  )
}
