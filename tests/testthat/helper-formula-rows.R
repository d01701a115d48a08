# The tests that loop over the rows of the tables share this: the variables of
# the examples, their data, examples in batches, and the ways to compute them.

row_args <- c(
  "x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "z = Vi(4)", "w = Vj(4)",
  "p = Pm(1)", "c = Pm(2)", "A = Pm(6)", "Q = Pm(9)", "knots = Pm(7)"
)
names(row_args) <- sub(" .*", "", row_args)

# x and y are in the domain, and never so near to each other, to whole numbers
# or to 0 that a kink lies between the points of a finite difference.
row_data <- function(domain, rows = 3, columns = 4) {
  list(
    x = exact_points(rows, 3, domain[1], domain[2]),
    y = exact_points(columns, 3, domain[1], domain[2], start = 50) + 1 / 256,
    b = exact_points(columns, 2, start = 70),
    z = exact_points(rows, 4, start = 5),
    w = exact_points(columns, 4, start = 90), p = matrix(0.75),
    c = matrix(c(0.5, 1.25), 1), A = exact_points(1, 6, start = 30),
    Q = exact_points(1, 9, start = 60) + 2 * c(diag(3)),
    knots = matrix(c(-1, -0.5, 0.25, 0.5, 1, 1.5, 2), 1)
  )
}

as_sum <- function(call) sprintf("Sum_Reduction(%s, 0)", call)

variables_of <- function(formula) all.vars(parse_formula(formula))

row_examples <- function() {
  rows <- r_language("operations")
  rlang::set_names(rows$example, rows$name)
}

# Round(x, 2) has a step nearly everywhere.
differentiable_examples <- function() {
  replace(row_examples(), "Round", "Round(x, 0)")
}

# Calls named by their rows, many in one program: a list of list(formula =,
# calls =, blocks =, data =); a block is the components of one call in the
# result. Calls of a batch have one domain.
row_batches <- function(calls, size = 12) {
  domains <- vapply(names(calls), function(name) toString(domain_of(name)), "")
  numbers <- stats::ave(seq_along(calls), domains, FUN = function(k) {
    (seq_along(k) - 1) %/% size
  })
  lapply(split(calls, paste(domains, numbers)), function(calls) {
    data <- row_data(domain_of(names(calls)[1]))
    dimensions <- vapply(calls, function(call) {
      ncol(oracle(as_sum(call), row_args, data))
    }, 1L)
    ends <- cumsum(dimensions)
    list(
      formula = as_sum(concatenated(calls)), calls = calls, data = data,
      blocks = Map(function(end, length) seq(end - length + 1, end), ends,
                   dimensions)
    )
  })
}

# eta is zero outside the components of one call, so that one program serves
# all of them.
in_block <- function(eta, block) {
  eta[, -block] <- 0
  eta
}

# ---- ways to compute ----

is_exhaustive <- function() {
  identical(Sys.getenv("RKEOPS_EXHAUSTIVE"), "true")
}

# Programs that take minutes to compile are left out unless RKEOPS_EXHAUSTIVE is
# "true":
# test-interpreter.R holds compiled programs against interpreted ones, row by row,
# and test-gpu-rows.R those of GPUs.
interpret_unless_exhaustive <- function(.frame = parent.frame()) {
  if (!is_exhaustive()) {
    local_rkeops_options(compile = "never", .frame = .frame)
  }
}

# Engines and precisions.
ways <- function(exhaustive = is_exhaustive()) {
  engines <- c("compiled", "interpreted", "gpu")
  all <- expand.grid(
    engine = engines, precision = c("float64", "float32"),
    stringsAsFactors = FALSE
  )
  is_slow <- all$engine != "interpreted"
  is_possible <- has_compiler | all$engine == "interpreted"
  all <- all[is_possible & (exhaustive | !is_slow), ]
  rlang::set_names(
    split(all, seq_len(nrow(all))), paste(all$engine, all$precision)
  )
}

local_way <- function(way, .frame = parent.frame()) {
  switch(way$engine,
    compiled = local_rkeops_options(compile = "always", .frame = .frame),
    interpreted = local_rkeops_options(compile = "never", .frame = .frame),
    gpu = local_gpu(.frame)
  )
}

row_operator <- function(formula, way, args = row_args) {
  keops_kernel(formula, args, precision = way$precision)
}

label_of <- function(what, way) paste(what, way$engine, way$precision)

# `limits` of float32 and float64, relative to the largest number.
expect_near <- function(actual, expected, way, limits, label) {
  label <- label_of(label, way)
  expect_equal(length(actual), length(expected), label = label)
  error <- max(abs(c(actual) - c(expected))) / max(abs(expected), 1)
  expect_lt(error, limits[[way$precision]], label = paste("error of", label))
}
