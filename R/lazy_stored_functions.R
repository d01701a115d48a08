# Functions of R that lazy tensors know nothing of compute with the stored
# entries, up to the limit of as.matrix().

# A matrix, or an array where there are several components; of TRUE and FALSE
# for comparisons.
stored <- function(x) {
  if (!is.LazyTensor(x)) {
    return(x)
  }
  is_deep <- inner_dimension(x) > 1L && has_pairs(x)
  value <- if (is_deep) as.array.LazyTensor(x) else as.matrix.LazyTensor(x)
  if (x@type == "logical") value == 1 else value
}

stored_vector <- function(x) as.vector(stored(x))

# Functions that know no arrays get a matrix.
stored_matrix <- function(x) {
  if (is.LazyTensor(x)) as.matrix.LazyTensor(x) else x
}

# nolint start: object_name_linter.

#' @export
as.integer.LazyTensor <- function(x, ...) as.integer(as.vector(x))

#' @export
as.logical.LazyTensor <- function(x, ...) as.logical(stored_vector(x))

#' @export
as.complex.LazyTensor <- function(x, ...) as.complex(stored_vector(x))

#' @export
as.character.LazyTensor <- function(x, ...) as.character(stored_vector(x))

#' @export
as.list.LazyTensor <- function(x, ...) as.list(stored_vector(x))

#' @export
as.data.frame.LazyTensor <- function(x, row.names = NULL, optional = FALSE,
                                     ...) {
  about_function("as.data.frame", sys.call(), {
    as.data.frame(stored(x), row.names, optional, ...)
  })
}

# `outer()` asks for this before it asks for the dimensions.
#' @export
is.array.LazyTensor <- function(x) TRUE

#' @export
anyNA.LazyTensor <- function(x, recursive = FALSE) {
  any(any(is.na(x), index = "j"))
}

# `order()` and `rank()` ask for this.
#' @export
xtfrm.LazyTensor <- function(x) stored_vector(x)

#' @export
sort.LazyTensor <- function(x, decreasing = FALSE, ...) {
  about_function("sort", sys.call(), sort(stored_vector(x), decreasing, ...))
}

#' @export
unique.LazyTensor <- function(x, incomparables = FALSE, ...) {
  about_function("unique", sys.call(), unique(stored(x), incomparables, ...))
}

#' @export
duplicated.LazyTensor <- function(x, incomparables = FALSE, ...) {
  about_function("duplicated", sys.call(), {
    duplicated(stored(x), incomparables, ...)
  })
}

#' @export
rev.LazyTensor <- function(x) rev(stored_vector(x))

#' @export
split.LazyTensor <- function(x, f, drop = FALSE, ...) {
  about_function("split", sys.call(), split(stored_vector(x), f, drop, ...))
}

#' @export
cut.LazyTensor <- function(x, ...) {
  about_function("cut", sys.call(), cut(stored_vector(x), ...))
}

#' @export
summary.LazyTensor <- function(object, ...) {
  about_function("summary", sys.call(), summary(stored_vector(object), ...))
}

#' @method all.equal LazyTensor
#' @export
all.equal.LazyTensor <- function(target, current, ...) {
  about_function("all.equal", sys.call(), {
    all.equal(stored(target), stored(current), ...)
  })
}

#' @export
aperm.LazyTensor <- function(a, perm = NULL, ...) {
  about_function("aperm", sys.call(), aperm(stored(a), perm, ...))
}

#' @export
rowsum.LazyTensor <- function(x, group, ...) {
  about_function("rowsum", sys.call(), rowsum(stored_matrix(x), group, ...))
}

# ---- linear algebra ----

#' @export
determinant.LazyTensor <- function(x, logarithm = TRUE, ...) {
  about_function("determinant", sys.call(), {
    determinant(stored_matrix(x), logarithm, ...)
  })
}

#' @export
chol.LazyTensor <- function(x, ...) {
  about_function("chol", sys.call(), chol(stored_matrix(x), ...))
}

#' @export
isSymmetric.LazyTensor <- function(object, ...) {
  about_function("isSymmetric", sys.call(), {
    isSymmetric(stored_matrix(object), ...)
  })
}

#' @rawNamespace S3method(stats::density, LazyTensor)
density.LazyTensor <- function(x, ...) {
  about_function("density", sys.call(), stats::density(stored_vector(x), ...))
}

#' @rdname LazyTensor-words
#' @param y,use,method See [stats::cor()].
#' @aliases var,LazyTensor-method
#' @export
setGeneric("var")
setMethod("var", "LazyTensor", function(x, y = NULL, na.rm = FALSE, use) {
  arguments <- list(stored_matrix(x), stored_matrix(y), na.rm = na.rm)
  if (!missing(use)) arguments$use <- use
  about_function("var", sys.call(), do.call(stats::var, arguments, TRUE))
})

#' @rdname LazyTensor-words
#' @aliases cov,LazyTensor-method
#' @export
setGeneric("cov")
setMethod("cov", "LazyTensor", function(x, y = NULL, use = "everything",
                                        method = c(
                                          "pearson", "kendall", "spearman"
                                        )) {
  about_function("cov", sys.call(), {
    stats::cov(stored_matrix(x), stored_matrix(y), use, method)
  })
})

#' @rdname LazyTensor-words
#' @aliases cor,LazyTensor-method
#' @export
setGeneric("cor")
setMethod("cor", "LazyTensor", function(x, y = NULL, use = "everything",
                                        method = c(
                                          "pearson", "kendall", "spearman"
                                        )) {
  about_function("cor", sys.call(), {
    stats::cor(stored_matrix(x), stored_matrix(y), use, method)
  })
})

# ---- pictures ----

#' @rawNamespace S3method(graphics::image, LazyTensor)
image.LazyTensor <- function(x, ...) {
  about_function("image", sys.call(), graphics::image(stored_matrix(x), ...))
}

#' @rawNamespace S3method(graphics::contour, LazyTensor)
contour.LazyTensor <- function(x, ...) {
  about_function(
    "contour", sys.call(), graphics::contour(stored_matrix(x), ...)
  )
}

#' @rawNamespace S3method(graphics::persp, LazyTensor)
persp.LazyTensor <- function(x, ...) {
  about_function("persp", sys.call(), graphics::persp(stored_matrix(x), ...))
}

#' @rawNamespace S3method(graphics::boxplot, LazyTensor)
boxplot.LazyTensor <- function(x, ...) {
  about_function("boxplot", sys.call(), graphics::boxplot(stored(x), ...))
}

#' @export
plot.LazyTensor <- function(x, y, ...) {
  abort_rkeops(
    "argument", "`plot` does not know what of a LazyTensor to draw.",
    hints = c(
      "`image(x)` and `contour(x)` draw all entries.",
      "`plot(as.matrix(x))` draws the first two columns, as of any matrix."
    ), call = sys.call()
  )
}
# nolint end
