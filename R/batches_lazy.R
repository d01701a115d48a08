# Lazy tensors of batches: see batches.R.

# Parameters of a batch are the same for each of its rows.
batch_variable <- function(x, index, call, precision) {
  is_parameter <- is.na(index)
  if (is_parameter && dim(x)[[length(dim(x)) - 1L]] != 1L) {
    abort_argument(
      "x", "an array of ... x 1 x D, with one point a batch", x, call,
      hints = "`Vi()` and `Vj()` take several points a batch."
    )
  }
  data <- mark_source(stacked_data(x), x)
  own <- batch_of(data)
  if (!ncol(data)) {
    abort_rkeops("shape", "`x` must have at least one column.", call = call)
  }
  sizes <- no_sizes
  if (!is_parameter) sizes[[index]] <- own$points
  parts <- check_native(
    r_lazy_variable(if (is_parameter) "i" else index, ncol(data), data), call
  )
  value <- new_lazy(parts, sizes, "real", precision)
  value@batch <- as.integer(own$axes)
  value
}

has_batch <- function(x) length(x@batch) > 0L

common_batch <- function(operands, label, call) {
  axes <- lapply(operands, function(one) one@batch)
  if (!any(lengths(axes))) {
    return(integer())
  }
  if (any(vapply(operands, function(one) length(one@ranges) > 0L, NA))) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` of tensors with batches takes none with ranges.", label
      ), call = call
    )
  }
  common_axes(axes, label, call)
}

# Tensors without batches whose ranges are those of the batches. Data that are
# the same object stay one.
stack_tensors <- function(operands, label, call) {
  axes <- common_batch(operands, label, call)
  sizes <- common_sizes(operands, label, call)
  points <- ifelse(is.na(sizes), 1L, sizes)
  ranges <- block_diagonal(
    rep(points[["i"]], prod(axes)), rep(points[["j"]], prod(axes))
  )
  known <- new.env(parent = emptyenv())
  list(
    axes = axes, points = points,
    tensors = lapply(operands, stack_tensor, axes, points, ranges, known)
  )
}

stack_tensor <- function(x, axes, points, ranges, known) {
  stacked <- Map(function(data, declared) {
    if (grepl("Pm(", declared, fixed = TRUE)) {
      return(data)
    }
    index <- if (grepl("Vi(", declared, fixed = TRUE)) "i" else "j"
    key <- paste(rlang::obj_address(data), index)
    if (is.null(known[[key]])) {
      assign(key, list(
        data, spread_data(data, axes, points[[index]])
      ), envir = known)
    }
    known[[key]][[2L]]
  }, x@data, x@args)
  x <- with_data(x, unname(stacked))
  has <- c(
    i = any(grepl("Vi(", x@args, fixed = TRUE)),
    j = any(grepl("Vj(", x@args, fixed = TRUE))
  )
  x@sizes[] <- ifelse(has, as.integer(points * prod(axes)), NA_integer_)
  x@batch <- integer()
  x@ranges <- list(ranges)
  x
}

reduce_batches <- function(x, name, index, integers, weight, call, precision) {
  stacked <- stack_tensors(c(list(x), weight), name, call)
  tensors <- stacked$tensors
  value <- reduce_tensor(
    tensors[[1L]], name, index, integers,
    if (length(weight)) tensors[[2L]], call, precision
  )
  other <- if (index == "j") "i" else "j"
  if (gives_places(name)) {
    value <- places_in_batch(value, stacked$points[[index]])
  }
  unstacked(value, stacked$axes, stacked$points[[other]])
}

# From places among the points of all batches.
places_in_batch <- function(value, points) {
  if (is.list(value)) {
    value$indices <- places_in_batch(value$indices, points)
    return(value)
  }
  base <- settings$index_base
  value[] <- (value - base) %% points + base
  storage.mode(value) <- "integer"
  value
}

grad_batches <- function(operands, gradin, opstr, variable, index, integers,
                         precision, call) {
  place <- length(operands) + 1:2
  all <- c(operands, list(gradin, variable))
  stacked <- stack_tensors(all, "grad", call)
  tensors <- stacked$tensors
  gradient <- grad_stacked(
    tensors[seq_along(operands)], without_ranges(tensors[[place[[1L]]]]),
    opstr, without_ranges(tensors[[place[[2L]]]]), index, integers, precision,
    call
  )
  declared <- variable@args
  if (grepl("Pm(", declared, fixed = TRUE)) {
    return(gradient)
  }
  of_index <- if (grepl("Vi(", declared, fixed = TRUE)) "i" else "j"
  gather_gradient(
    gradient, variable@data[[1L]], stacked$axes, stacked$points[[of_index]]
  )
}
