# Functions of R that are no generics, of the stored entries: S4 generics of the
# signature that R would choose (see lazy_functions.R).

# nolint start: object_name_linter.

#' @rdname LazyTensor-words
#' @param table,nomatch,incomparables See [base::match()].
#' @aliases match,LazyTensor,ANY-method match,ANY,LazyTensor-method
#'   match,LazyTensor,LazyTensor-method
#' @export
setGeneric("match")

match_stored <- function(x, table, nomatch = NA_integer_,
                         incomparables = NULL) {
  # R itself dies of a name
  if (!is.null(incomparables) && !is.atomic(incomparables)) {
    abort_argument("incomparables", "a vector", incomparables, sys.call())
  }
  about_function("match", sys.call(), {
    base::match(stored(x), stored(table), nomatch, incomparables)
  })
}
setMethod("match", signature("LazyTensor", "ANY"), match_stored)
setMethod("match", signature("ANY", "LazyTensor"), match_stored)
setMethod("match", signature("LazyTensor", "LazyTensor"), match_stored)

#' @rdname LazyTensor-words
#' @aliases %in%,LazyTensor,ANY-method %in%,ANY,LazyTensor-method
#'   %in%,LazyTensor,LazyTensor-method
#' @export
setGeneric("%in%")

is_in_stored <- function(x, table) match_stored(x, table, 0L) > 0L
setMethod("%in%", signature("LazyTensor", "ANY"), is_in_stored)
setMethod("%in%", signature("ANY", "LazyTensor"), is_in_stored)
setMethod("%in%", signature("LazyTensor", "LazyTensor"), is_in_stored)

#' @rdname LazyTensor-words
#' @param type,allowNA,keepNA See [base::nchar()].
#' @aliases nchar,LazyTensor-method
#' @export
setGeneric("nchar")
setMethod("nchar", "LazyTensor", function(x, type = "chars", allowNA = FALSE,
                                          keepNA = NA) {
  about_function("nchar", sys.call(), {
    base::nchar(stored(x), type, allowNA, keepNA)
  })
})

#' @rdname LazyTensor-words
#' @param na.last,ties.method See [base::rank()].
#' @aliases rank,LazyTensor-method
#' @export
setGeneric("rank")
setMethod("rank", "LazyTensor", function(x, na.last = TRUE,
                                         ties.method = "average") {
  about_function("rank", sys.call(), {
    base::rank(stored_vector(x), na.last, ties.method)
  })
})

#' @rdname LazyTensor-words
#' @param bin,nbins See [base::tabulate()].
#' @aliases tabulate,LazyTensor-method
#' @export
setGeneric("tabulate")
setMethod("tabulate", "LazyTensor", function(bin, nbins = max(1L, bin)) {
  bin <- stored_vector(bin)
  about_function("tabulate", sys.call(), base::tabulate(bin, nbins))
})

#' @rdname LazyTensor-words
#' @param z,inverse See [stats::fft()].
#' @aliases fft,LazyTensor-method
#' @export
setGeneric("fft")
setMethod("fft", "LazyTensor", function(z, inverse = FALSE) {
  about_function("fft", sys.call(), stats::fft(stored(z), inverse))
})

#' @rdname LazyTensor-words
#' @aliases fivenum,LazyTensor-method
#' @export
setGeneric("fivenum")
setMethod("fivenum", "LazyTensor", function(x, na.rm = TRUE) {
  about_function("fivenum", sys.call(), {
    stats::fivenum(stored_vector(x), na.rm)
  })
})

#' @rdname LazyTensor-words
#' @aliases complete.cases,LazyTensor-method
#' @export
setGeneric("complete.cases")
setMethod("complete.cases", "LazyTensor", function(...) {
  about_function("complete.cases", sys.call(), {
    do.call(stats::complete.cases, lapply(list(...), stored), TRUE)
  })
})

#' @rdname LazyTensor-words
#' @param d,k,eig,add,x.ret,list. See [stats::cmdscale()].
#' @aliases cmdscale,LazyTensor-method
#' @export
setGeneric("cmdscale")
setMethod("cmdscale", "LazyTensor", function(d, k = 2, eig = FALSE, add = FALSE,
                                             x.ret = FALSE,
                                             list. = eig || add || x.ret) {
  d <- stored_matrix(d)
  about_function("cmdscale", sys.call(), {
    stats::cmdscale(d, k, eig, add, x.ret, list.)
  })
})

# ---- methods ----

#' @rawNamespace S3method(graphics::barplot, LazyTensor)
barplot.LazyTensor <- function(height, ...) {
  about_function(
    "barplot", sys.call(), graphics::barplot(stored_matrix(height), ...)
  )
}

#' @rawNamespace S3method(stats::weighted.mean, LazyTensor)
weighted.mean.LazyTensor <- function(x, w, ...) {
  about_function("weighted.mean", sys.call(), {
    if (missing(w)) {
      stats::weighted.mean(stored_vector(x), ...)
    } else {
      stats::weighted.mean(stored_vector(x), stored_vector(w), ...)
    }
  })
}

# Methods that only models have are refused.
refuse_model <- function(name) {
  force(name)
  function(object, ...) {
    abort_rkeops(
      "argument", sprintf("`%s` is for fitted models, not LazyTensors.", name),
      hints = c(
        "`kernel_solve()`, `kernel_smooth()` and others fit models.",
        "`as.matrix(x)` makes a matrix for `lm()` and its kind."
      ), call = rlang::call2(name, quote(object))
    )
  }
}

#' @rawNamespace S3method(stats::predict, LazyTensor)
predict.LazyTensor <- refuse_model("predict")

#' @rawNamespace S3method(stats::residuals, LazyTensor)
residuals.LazyTensor <- refuse_model("residuals")

#' @rawNamespace S3method(stats::fitted, LazyTensor)
fitted.LazyTensor <- refuse_model("fitted")

#' @rawNamespace S3method(stats::coef, LazyTensor)
coef.LazyTensor <- refuse_model("coef")

#' @rawNamespace S3method(stats::update, LazyTensor)
update.LazyTensor <- refuse_model("update")
# nolint end
