# Some eigenvalues and singular values of matrices that are not stored, and what
# becomes of the functions of R that compute all of them.

#' Some eigenvalues or singular values of a lazy matrix
#'
#' The largest eigenvalues of a symmetric lazy tensor and their vectors, or the
#' largest singular values of any, from products alone: principal components,
#' spectral embeddings, the rank that a kernel has to some digits.
#'
#' @param A A lazy tensor of inner dimension 1, such as a kernel; for
#'   `eigs_sym()` a symmetric one. `K + diag(lambda, n)` is understood.
#' @param k How many.
#' @param which Which eigenvalues: `"LM"` those of the largest magnitude,
#'   `"LA"` the largest, `"SA"` the smallest (algebraically).
#' @param nu,nv How many left and right singular vectors.
#' @param tol The norm of `A v - value v` at which a vector counts as found, in
#'   units of the largest eigenvalue. `NULL`: 1e-9, or 1e-5 where the precision
#'   of `A` is `"float32"`.
#' @param maxit The largest number of products with `A`, each of several
#'   vectors.
#' @param ... Not used.
#'
#' @details
#' The method is a block Lanczos process with thick restarts, complete
#' orthogonalisation and the projections of Rayleigh and Ritz; its first block
#' is drawn by R's random numbers. Singular values are found as eigenvalues of
#' the smaller one of \eqn{A' A}{A'A} and \eqn{A A'}{AA'}: those below 1e-8 of
#' the largest have few digits. A matrix of at most 100 rows or columns is
#' stored. Where `maxit` is not enough, the best vectors come with a warning of
#' class `rkeops_warning_convergence`.
#'
#' [eigen()], [svd()] and [prcomp()] of a lazy tensor have to store all entries:
#' they do for at most 10^7, which a message says once, and else are errors that
#' name these functions.
#'
#' The methods are those of the functions of RSpectra too: where that package is
#' attached, `eigs_sym()` knows both kinds of matrices.
#'
#' @return As [base::eigen()] and [base::svd()] do, a list: `values` in the
#'   order of `which` and `vectors`, one a column; or `d`, `u` and `v`. And
#'   `nconv`, how many were found, and `nops`, the number of products.
#' @references Wu, K. and Simon, H. (2000). Thick-restart Lanczos method for
#'   large symmetric eigenvalue problems. *SIAM Journal on Matrix Analysis and
#'   Applications* 22.
#' @seealso [kernel_solve()], [log_det()].
#' @concept eigenvalues
#' @concept principal components
#' @concept singular value decomposition
#' @concept spectral
#' @export
#' @examples
#' \dontshow{
#' previous <- set_rkeops_options(threads = 2, precision = "float64")
#' }
#' x <- as.matrix(iris[, 1:4])
#' K <- exp(-sqdist(Vi(x), Vj(x)) / 2)
#' eigs_sym(K, 3)$values
#' svds(K[, 1:120], 3)$d
#' \dontshow{set_rkeops_options(previous)}
eigs_sym <- function(A, k, which = "LM", ...) { # nolint
  UseMethod("eigs_sym")
}

#' @rdname eigs_sym
#' @export
svds <- function(A, k, nu = k, nv = k, ...) { # nolint
  UseMethod("svds")
}

#' @export
eigs_sym.default <- function(A, k, which = "LM", ...) { # nolint
  abort_argument("A", "a LazyTensor", A, rlang::caller_env(), hints = c(
    "`RSpectra::eigs_sym()` takes other matrices."
  ))
}

#' @export
svds.default <- function(A, k, nu = k, nv = k, ...) { # nolint
  abort_argument("A", "a LazyTensor", A, rlang::caller_env(), hints = c(
    "`RSpectra::svds()` takes other matrices."
  ))
}

#' @rdname eigs_sym
#' @export
eigs_sym.LazyTensor <- function(A, k, which = c("LM", "LA", "SA"), ..., # nolint
                                tol = NULL, maxit = 1000) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  system <- new_system(A, 0, "eigs_sym", call)
  k <- check_how_many(k, "k", system$n, call)
  which <- check_choice(
    if (missing(which)) "LM" else which, c("LM", "LA", "SA"), "which", call
  )
  if (system$n <= largest_stored_spectrum) {
    full <- eigen(as.matrix.LazyTensor(A), symmetric = TRUE)
    chosen <- wanted_values(full$values, which)[seq_len(k)]
    return(list(
      values = full$values[chosen], vectors = full$vectors[, chosen,
                                                           drop = FALSE],
      nconv = k, nops = 0L
    ))
  }
  krylov_eigen(
    system_product(system, precision_of(A), call), system$n, k, which,
    tolerance_of(tol, A, call), check_count(maxit, "maxit", call), call
  )
}

#' @rdname eigs_sym
#' @export
svds.LazyTensor <- function(A, k, nu = k, nv = k, ..., # nolint
                            tol = NULL, maxit = 1000) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  check_entries(A, "A", "svds", call)
  sizes <- dim(A)
  k <- check_how_many(k, "k", min(sizes), call)
  nu <- min(check_count(nu, "nu", call, 0), k)
  nv <- min(check_count(nv, "nv", call, 0), k)
  if (min(sizes) <= largest_stored_spectrum && prod(sizes) <= largest_store) {
    full <- svd(as.matrix.LazyTensor(A), nu, nv)
    return(list(
      d = full$d[seq_len(k)], u = full$u, v = full$v, nconv = k, nops = 0L
    ))
  }
  is_wide <- sizes[[1L]] < sizes[[2L]]
  narrow <- if (is_wide) t(A) else A
  product <- function(x) on_host(multiply(narrow, x, call))
  back <- function(y) on_host(multiply(t(narrow), y, call))
  found <- krylov_eigen(
    function(x) back(product(x)), min(sizes), k, "LA",
    tolerance_of(tol, A, call), check_count(maxit, "maxit", call), call
  )
  image <- product(found$vectors)
  d <- column_norms(image)
  image <- scale_columns(image, ifelse(d > 0, 1 / d, 0))
  list(
    d = d,
    u = (if (is_wide) found$vectors else image)[, seq_len(nu), drop = FALSE],
    v = (if (is_wide) image else found$vectors)[, seq_len(nv), drop = FALSE],
    nconv = found$nconv, nops = 2L * found$nops
  )
}

#' @rawNamespace S3method(RSpectra::eigs_sym, LazyTensor)
NULL

#' @rawNamespace S3method(RSpectra::svds, LazyTensor)
NULL

largest_stored_spectrum <- 100L

check_how_many <- function(k, name, extent, call) {
  if (missing(k) || !is_whole_number(k, lower = 1, upper = extent)) {
    abort_argument(
      name, sprintf("one whole number from 1 to %d", extent), k, call
    )
  }
  as.integer(k)
}

tolerance_of <- function(tol, x, call) {
  if (is.null(tol)) {
    return(if (precision_of(x) == "float32") 1e-5 else 1e-9)
  }
  check_positive_number(tol, "tol", call)
}

wanted_values <- function(values, which) {
  switch(which,
    LM = order(abs(values), decreasing = TRUE),
    LA = order(values, decreasing = TRUE), SA = order(values)
  )
}

# ---- the Lanczos process ----

# `q` is an orthonormal basis, `image` the matrix times it, `block` what the
# basis is continued with.
krylov_eigen <- function(multiply, n, k, which, tol, maxit, call) {
  width <- min(max(2L, k %/% 2L), 16L)
  room <- min(n, max(3L * k, k + 20L) + 2L * width)
  state <- list(
    q = matrix(0, n, 0L), image = matrix(0, n, 0L),
    block = qr.Q(qr(random_normal(n, width))), nops = 0L
  )
  repeat {
    state <- fill_basis(state, multiply, room, maxit)
    ritz <- ritz_vectors(state, k, which)
    done <- ritz$residuals <= tol * max(abs(ritz$all))
    if (all(done) || state$nops >= maxit || !ncol(state$block)) {
      break
    }
    keep <- seq_len(min(k + (room - k) %/% 2L, room - ncol(state$block)))
    keep <- ritz$order[keep[keep <= length(ritz$order)]]
    rotation <- ritz$rotation[, keep, drop = FALSE]
    state$q <- r_dense_multiply(state$q, rotation, FALSE)
    state$image <- r_dense_multiply(state$image, rotation, FALSE)
  }
  if (!all(done)) warn_eigenvalues(sum(done), k, maxit, call)
  list(
    values = ritz$values, vectors = ritz$vectors, nconv = sum(done),
    nops = state$nops
  )
}

fill_basis <- function(state, multiply, room, maxit) {
  while (ncol(state$block) && ncol(state$q) + ncol(state$block) <= room &&
           state$nops < maxit) {
    image <- multiply(state$block)
    state$nops <- state$nops + 1L
    state$q <- cbind(state$q, state$block)
    state$image <- cbind(state$image, image)
    state$block <- orthogonal_part(image, state$q)
  }
  state
}

# An orthonormal basis of the columns less their parts in the span of `q`;
# fewer where they depend on each other.
orthogonal_part <- function(columns, q) {
  size <- max(column_norms(columns), 0)
  for (pass in 1:2) {
    columns <- columns - r_dense_multiply(
      q, r_dense_multiply(q, columns, TRUE), FALSE
    )
  }
  room <- nrow(q) - ncol(q)
  parts <- qr(columns, LAPACK = TRUE)
  kept <- abs(diag(qr.R(parts))) > 1e-12 * size
  kept <- which(kept & seq_along(kept) <= room)
  part <- qr.Q(parts)[, kept, drop = FALSE]
  if (length(kept)) {
    part <- part - r_dense_multiply(q, r_dense_multiply(q, part, TRUE), FALSE)
    part <- qr.Q(qr(part))
  }
  part
}

ritz_vectors <- function(state, k, which) {
  projected <- r_dense_multiply(state$q, state$image, TRUE)
  spectrum <- eigen((projected + t(projected)) / 2, symmetric = TRUE)
  order <- wanted_values(spectrum$values, which)
  chosen <- order[seq_len(min(k, length(order)))]
  values <- spectrum$values[chosen]
  rotation <- spectrum$vectors[, chosen, drop = FALSE]
  vectors <- r_dense_multiply(state$q, rotation, FALSE)
  rest <- r_dense_multiply(state$image, rotation, FALSE) -
    scale_columns(vectors, values)
  list(
    values = values, vectors = vectors, residuals = column_norms(rest),
    all = spectrum$values, order = order, rotation = spectrum$vectors
  )
}

warn_eigenvalues <- function(found, k, maxit, call) {
  rlang::warn(
    c(
      sprintf(
        "Only %d of %d vectors were found to `tol` in %d products.", found, k,
        maxit
      ),
      hint_bullets("A larger `maxit` or `tol` finds more.")
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}

# ---- all of them ----

# nolint start: object_name_linter.

#' @rdname LazyTensor-words
#' @param symmetric,only.values,EISPACK See [base::eigen()].
#' @aliases eigen,LazyTensor-method
#' @export
setGeneric("eigen")
setMethod("eigen", "LazyTensor", function(x, symmetric, only.values = FALSE,
                                          EISPACK = FALSE) {
  call <- sys.call()
  only.values <- check_flag(only.values, "only.values", call)
  if (!missing(symmetric)) check_flag(symmetric, "symmetric", call)
  value <- stored_with_message(x, "eigen(K)", "eigs_sym(K, k)")
  if (missing(symmetric)) symmetric <- isSymmetric(value)
  about_function("eigen", call, {
    base::eigen(value, as.logical(symmetric), only.values)
  })
})

#' @rdname LazyTensor-words
#' @aliases svd,LazyTensor-method
#' @export
setGeneric("svd")
setMethod("svd", "LazyTensor", function(x, nu, nv) {
  call <- sys.call()
  value <- stored_with_message(x, "svd(K)", "svds(K, k)")
  least <- min(dim(value))
  nu <- if (missing(nu)) least else check_count(nu, "nu", call, 0)
  nv <- if (missing(nv)) least else check_count(nv, "nv", call, 0)
  about_function("svd", call, base::svd(value, nu, nv))
})

#' @rawNamespace S3method(stats::prcomp, LazyTensor)
prcomp.LazyTensor <- function(x, ...) {
  about_function("prcomp", sys.call(), {
    stats::prcomp(stored_with_message(x, "prcomp(K)", "svds(K, k)"), ...)
  })
}
# nolint end
