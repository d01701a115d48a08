# W2 of the CPU: conjugate gradients on (K + I) a = b, K the Gaussian kernel of
# points in three dimensions, tolerance 1e-6, beside a dense K in plain R.
#   Rscript benchmarks/cpu-solver.R [largest N, 1e4] [repetitions, 5]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(1e4)
largest_of_dense <- 5000 # 200 MB; a matrix of 10^4 rows takes 800

formula <- "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)"
args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)")

# `multiply` gives K a; the solution, with the iterations as a name of the row.
conjugate_gradients <- function(multiply, b, tolerance = 1e-6) {
  a <- matrix(0, nrow(b), 1)
  residual <- direction <- b
  size <- sum(residual^2)
  limit <- tolerance^2 * size
  while (size > limit) {
    product <- multiply(direction) + direction
    step <- size / sum(direction * product)
    a <- a + step * direction
    residual <- residual - step * product
    before <- size
    size <- sum(residual^2)
    direction <- residual + size / before * direction
  }
  a
}

dense <- function(data) {
  squares <- rowSums(data$x^2)
  k <- exp(-data$s * (outer(squares, squares, "+") - 2 * tcrossprod(data$x)))
  data$solve(function(a) k %*% a, data$b)
}

ours <- function(data, precision, compile) {
  op <- keops_kernel(formula, args, precision = precision)
  multiply <- function(a) op(list(data$x, data$x, a, data$s))
  few <- list(first_rows(data$x), first_rows(data$x), first_rows(data$b),
              data$s)
  contestant(
    function() conjugate_gradients(multiply, data$b),
    function() {
      set_rkeops_option("compile", compile)
      op(few)
    }
  )
}

show_header("Conjugate gradients (W2)", arguments)
sizes <- c(1000, 3000, 10^(4:7))
for (n in sizes[sizes <= arguments$largest]) {
  set.seed(n)
  data <- list(
    x = matrix(runif(3 * n), n), b = matrix(rnorm(n), n), s = 1,
    solve = conjugate_gradients
  )
  contestants <- list(
    "compiled float32" = ours(data, "float32", "always"),
    "compiled float64" = ours(data, "float64", "always"),
    "interpreted float64" = ours(data, "float64", "never")
  )
  if (n <= largest_of_dense) {
    contestants <- c(contestants, plain_r_contestants(dense, data))
  }
  times <- in_turns(contestants, arguments$repetitions)
  exact <- keops_kernel(formula, args, precision = "float64")
  residual <- function(a) {
    product <- exact(list(data$x, data$x, a, data$s)) + a
    sqrt(sum((data$b - product)^2) / sum(data$b^2))
  }
  # Gpair/s: of one product with the matrix
  show_times(paste("W2 N =", n), times, n^2, residual, c(1e-4, 1e-5))
}
