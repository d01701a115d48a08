# Methods of Gaussian mixtures.

#' Classes, probabilities and densities of a Gaussian mixture
#'
#' @param object A value of [gaussian_mixture()].
#' @param newdata Points of the same columns; by default those that were fitted.
#' @param type `"class"` for the component with the largest probability,
#'   `"prob"` for the probabilities of all components, `"density"`, or
#'   `"log_density"`, which does not underflow.
#' @param ... Not used.
#' @return A vector with a value for each point, or a matrix with a column for
#'   each component; `NA` for rows with missing values.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' set.seed(1)
#' fit <- gaussian_mixture(faithful, 2)
#' new <- data.frame(eruptions = c(2, 3), waiting = c(55, 68))
#' predict(fit, new)
#' predict(fit, new, "prob")
#' predict(fit, new, "log_density")
#' \dontshow{set_rkeops_options(previous)}
predict.gaussian_mixture <- function(object, newdata = NULL,
                                     type = c("class", "prob", "density",
                                              "log_density"), ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (missing(type)) type <- "class"
  check_choice(type, c("class", "prob", "density", "log_density"), "type",
               call)
  points <- if (is.null(newdata)) {
    object$x
  } else {
    read_newdata(newdata, object[c("x", "terms")], call)
  }
  value <- at_complete_rows(points, function(points) {
    mixture_values(object, points, type)
  }, if (type == "prob") object$k)
  if (type == "class") as.integer(value) else value
}

mixture_values <- function(fit, points, type) {
  if (type == "class") {
    return(as.double(mixture_classes(fit, points)$cluster))
  }
  log_density <- mixture_densities(fit, points)
  total <- c(on_host(logsumexp(log_density, "j")))
  if (type == "prob") {
    shares <- as.matrix(
      exp(log_density - Vi(total, precision = "float64")), maximum = Inf
    )
    return(matrix(shares, nrow(points), dimnames = list(
      rownames(points), seq_len(fit$k)
    )))
  }
  total <- total - sum(log(fit$scaled$unit))
  if (type == "density") exp(total) else total
}

#' @export
logLik.gaussian_mixture <- function(object, ...) { # nolint
  structure(object$loglik, df = object$df, nobs = object$n, class = "logLik")
}

#' @export
nobs.gaussian_mixture <- function(object, ...) object$n # nolint

#' @export
print.gaussian_mixture <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  cat(sprintf(
    "<gaussian_mixture> %d component%s, %s, of %s points in %d dimension%s\n",
    x$k, if (x$k > 1L) "s" else "", x$model, format_count(nrow(x$x)),
    ncol(x$means),
    if (ncol(x$means) > 1L) "s" else ""
  ))
  cat(sprintf(
    "log likelihood %s (df = %d), BIC %s; %d iterations%s\n\n",
    format(x$loglik, digits = digits + 3L), x$df,
    format(stats::BIC(x), digits = digits + 3L), x$iterations,
    if (x$converged) "" else ", not converged"
  ))
  print(cbind(proportion = x$proportions, x$means), digits = digits)
  invisible(x)
}

#' @export
summary.gaussian_mixture <- function(object, ...) {
  structure(object, class = c("summary.gaussian_mixture", class(object)))
}

#' @export
print.summary.gaussian_mixture <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  print.gaussian_mixture(x, digits)
  cat("\nPoints:", paste(tabulate(x$cluster, x$k), collapse = ", "), "\n")
  cat("Standard deviations\n")
  deviations <- apply(x$covariances, 3L, function(one) {
    sqrt(diag_of(matrix(one, ncol(x$means))))
  })
  print(structure(
    t(matrix(deviations, ncol(x$means))), dimnames = dimnames(x$means)
  ), digits = digits)
  if (nrow(x$bic) > 1L) {
    cat("\nModels\n")
    print(x$bic, digits = digits + 3L, row.names = FALSE)
  }
  invisible(x)
}

#' @rdname gaussian_mixture
#' @param which The columns of the plot: two, or one.
#' @param prob The share of a component that its ellipse contains.
#' @param ... Other arguments of the plot.
#' @export
plot.gaussian_mixture <- function(x, which = seq_len(min(2L, ncol(x$means))),
                                  prob = 0.9, ...) {
  call <- rlang::current_env()
  columns <- colnames(x$means)
  if (is.character(which)) which <- match(which, columns)
  valid <- is.numeric(which) && length(which) %in% 1:2 &&
    all(which %in% seq_along(columns))
  if (!valid) {
    abort_argument("which", "one or two of the columns", which, call)
  }
  if (!checkmate::test_number(prob) || prob <= 0 || prob >= 1) {
    abort_argument("prob", "one number between 0 and 1", prob, call)
  }
  which <- as.vector(which)
  points <- x$x
  colnames(points) <- columns
  if (length(which) == 1L) {
    plot_mixture_curve(x, which, ...)
  } else {
    plot_clusters(points, x$cluster, which, ...)
    for (j in seq_len(x$k)) draw_ellipse(x, j, which, prob)
  }
  invisible(x)
}

draw_ellipse <- function(fit, component, which, prob) {
  angle <- seq(0, 2 * pi, length.out = 101L)
  root <- base::chol(fit$covariances[which, which, component])
  circle <- cbind(cos(angle), sin(angle)) * sqrt(stats::qchisq(prob, 2))
  graphics::lines(
    sweep_columns(circle %*% root, fit$means[component, which], `+`)
  )
}

plot_mixture_curve <- function(fit, which, ylab = "Density", las = 1, ...) {
  values <- fit$x[, which]
  at <- seq(min(values), max(values), length.out = 301L)
  parts <- vapply(seq_len(fit$k), function(j) {
    fit$proportions[[j]] * stats::dnorm(
      at, fit$means[j, which], sqrt(fit$covariances[which, which, j])
    )
  }, at)
  plot(at, rowSums(parts), type = "l", ylab = ylab, las = las,
       xlab = colnames(fit$means)[which], ...)
  graphics::matlines(at, parts, lty = 3, col = 1)
  graphics::rug(values)
}
