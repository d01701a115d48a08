# How lazy tensors print.

#' Print a lazy tensor
#'
#' @param x A lazy tensor.
#' @param ... Not used.
#' @return `print()` returns `x` invisibly, `format()` the lines it prints: the
#'   dimensions, the formula with its variables, and where reductions run.
#' @export
#' @examples
#' x_i <- Vi(matrix(runif(30), 10))
#' print(exp(-sqdist(x_i, c(0, 0, 1))))
print.LazyTensor <- function(x, ...) { # nolint
  writeLines(format(x, ...))
  invisible(x)
}

#' @rdname print.LazyTensor
#' @export
format.LazyTensor <- function(x, ...) { # nolint
  if (stands_for_nothing(x)) {
    return(sprintf("<%s> that stands for nothing", class(x)))
  }
  shape <- paste(dim(x), collapse = " x ")
  c(
    sprintf(
      "<%s> %s%s, reductions on the %s, %s", class(x), shape,
      describe_entries(x), engine_place(),
      describe_precision(x)
    ),
    paste0("  ", x@formula),
    paste0("  ", format_variables(x)), format_folded(x), format_pairs(x),
    if (length(x@ranges)) paste0("  ", format(x@ranges[[1L]]))
  )
}

describe_precision <- function(x) {
  reductions <- precision_of(x)
  entries <- entry_precision(x)
  if (entries == reductions) {
    reductions
  } else {
    paste0(reductions, "; entries in ", entries)
  }
}

# " of 0 and 1", where entries are more than numbers.
describe_entries <- function(x) {
  if (x@type == "logical") {
    " of 0 and 1"
  } else if (is_code_tensor(x)) {
    shown <- encodeString(utils::head(x@levels, 4L), quote = "\"")
    more <- if (length(x@levels) > 4L) "..."
    paste0(" of codes for ", paste(c(shown, more), collapse = ", "))
  } else if (x@unit != "") {
    paste(" in", x@unit)
  } else {
    ""
  }
}

# As it was before that `max(x)`, which a user of R may take for a number.
format_folded <- function(x) {
  name <- x@state$folded
  if (!is.null(name)) {
    sprintf(
      "  `%s` was over the one component at each pair; %s", name,
      sprintf("`%s(x, index = \"j\")` is over j", name)
    )
  }
}

# Long work is announced.
format_pairs <- function(x) {
  pairs <- prod(x@batch) * index_size(x, "i") * as.double(index_size(x, "j"))
  if (isTRUE(pairs >= 1e10)) {
    sprintf(
      "  %s pairs; `explain(K, \"cost\")` estimates the time of a sum",
      format(pairs, digits = 2L)
    )
  }
}

format_variables <- function(x) {
  if (!length(x@args)) {
    return("no data")
  }
  described <- vapply(x@data, function(data) {
    if (is.matrix(data)) {
      place <- if (is_gpu_matrix(data)) "on the GPU"
      paste(c(nrow(data), "x", ncol(data), "matrix", place), collapse = " ")
    } else if (length(data) == 1L) {
      format(data)
    } else {
      paste(length(data), "numbers")
    }
  }, "")
  paste(format(x@args), described, sep = "  ")
}

#' @rdname print.LazyTensor
#' @param object A lazy tensor.
#' @aliases show,LazyTensor-method
#' @export
setMethod("show", "LazyTensor", function(object) print.LazyTensor(object))
