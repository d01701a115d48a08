# The dimension rule of every row of the table of operations: for all small
# dimensions of the arguments, the dimension of the result, or an error.

interpret_unless_exhaustive()

skip_on_cran()

rows <- r_language("operations")

# NA is an error.
when <- function(condition, dimension) if (condition) dimension else NA

broadcast <- function(...) {
  dimensions <- c(...)
  when(all(dimensions %in% c(1, max(dimensions))), max(dimensions))
}
one_if <- function(dimension) if (is.na(dimension)) NA else 1
is_even <- function(f) f %% 2 == 0
complex_broadcast <- function(f, g) {
  when(is_even(f) && is_even(g) && (f == g || f == 2 || g == 2), max(f, g))
}
weighted_norm <- function(s, f) when(s %in% c(1, f, f^2), 1)
scaled_distance <- function(x, y, s) {
  when(!is.na(broadcast(x, y)) && s %in% c(1, max(x, y)), 1)
}
matern <- scaled_distance
field <- function(c, x, y, b) {
  when(c == 1 && !is.na(broadcast(x, y)) && broadcast(x, y) == b, b)
}
of_kernel <- function(c, x, y, b) {
  when(c == 1 && !is.na(broadcast(x, y)), b)
}

# Integers and lists are those of the example.
dimension_rules <- list(
  IntCst = function() 1, IntInv = function() 1, RatCst = function() 1,
  Zero = function() 3, Range = function() 3,
  Sum = function(f) 1, Max = function(f) 1, Min = function(f) 1,
  ArgMax = function(f) 1, ArgMin = function(f) 1,
  SumT = function(f) when(f == 1, 3), Extract = function(f) when(f >= 3, 2),
  ExtractT = function(f) when(f <= 4, 5), Concat = function(f, g) f + g,
  Elem = function(f) when(f >= 2, 1), ElemT = function(f) when(f == 1, 3),
  OneHot = function(f) when(f == 1, 3),
  Cross = function(f, g) when(f == 3 && g == 3, 3), Softmax = function(f) f,
  Scalprod = function(f, g) one_if(broadcast(f, g)),
  SqNorm2 = function(f) 1, Norm2 = function(f) 1, Normalize = function(f) f,
  SqDist = function(f, g) one_if(broadcast(f, g)),
  Haversine = function(f, g) when(f == 2 && g == 2, 1),
  SqNormIso = function(s, f) s,
  SqNormDiag = function(s, f) one_if(broadcast(s, f)),
  SymSqNorm = function(A, f) when(A == f^2, 1),
  WeightedSqNorm = weighted_norm,
  WeightedSqDist = function(s, f, g) {
    when(!is.na(broadcast(f, g)) && s %in% c(1, max(f, g), max(f, g)^2), 1)
  },
  TensorDot = function(f, g) when(f == 6 && g == 3, 2),
  MatVecMult = function(A, b) when(A %% b == 0, A / b),
  VecMatMult = function(b, A) when(A %% b == 0, A / b),
  TensorProd = function(f, g) f * g,
  Kron = function(f, g) when(f == 6 && g == 3, 18),
  Det = function(A) when(A %in% (1:4)^2, 1),
  Inverse = function(A) when(A %in% (1:4)^2, A),
  ComplexReal = function(f) when(is_even(f), f / 2),
  ComplexImag = function(f) when(is_even(f), f / 2),
  Real2Complex = function(f) 2 * f, Imag2Complex = function(f) 2 * f,
  ComplexAdd = complex_broadcast, ComplexSubtract = complex_broadcast,
  ComplexMult = complex_broadcast, ComplexDivide = complex_broadcast,
  ComplexRealScal = function(s, f) {
    when((s == 1 && is_even(f)) || (f == 1 && is_even(s)), max(s, f))
  },
  Conj = function(f) when(is_even(f), f),
  ComplexSquareAbs = function(f) when(is_even(f), f / 2),
  ComplexAbs = function(f) when(is_even(f), f / 2),
  ComplexAngle = function(f) when(is_even(f), f / 2),
  ComplexExp = function(f) when(is_even(f), f),
  ComplexExp1j = function(f) 2 * f,
  ComplexSum = function(f) when(is_even(f), 2),
  ComplexSumT = function(f) when(f == 2, 4),
  MaternOfSquare = function(f) f, WendlandOfSquare = function(f) f,
  Gauss = scaled_distance, Cauchy = scaled_distance,
  InverseMultiquadric = scaled_distance,
  RationalQuadratic = function(x, y, s, alpha) {
    when(alpha == 1 && !is.na(scaled_distance(x, y, s)), 1)
  },
  Laplace = matern, Matern12 = matern, Matern32 = matern, Matern52 = matern,
  Epanechnikov = scaled_distance, Wendland = scaled_distance,
  GaussKernel = of_kernel, LaplaceKernel = of_kernel, CauchyKernel = of_kernel,
  InverseMultiquadricKernel = of_kernel,
  SumGaussKernel = function(c, w, x, y, b) {
    when(!is.na(broadcast(c, w)) && !is.na(broadcast(x, y)), b)
  },
  CurlFreeGaussKernel = field, DivFreeGaussKernel = field,
  TRIGaussKernel = function(l, c, x, y, b) when(l == 1, field(c, x, y, b)),
  BSpline = function(knots, x) when(x == 1 && knots >= 4, knots - 3),
  SoftDTW_SqDist = function(x, y, gamma) when(gamma == 1, 1),
  SoftDTW = function(z) when(z >= 4, 1),
  SoftDTW_Gradient = function(z) when(z >= 4, z),
  SoftDTW_GradientAlong = function(z, u) when(z >= 4 && u %% z == 0, z)
)

formula_arguments <- function(row) {
  formals <- formals(formula_operations[[row$name]])
  names(formals)[vapply(formals, is_missing, NA)]
}

# The numbers behind the formula arguments in the example.
numbers_of <- function(row) {
  if (startsWith(row$name, "SoftDTW_G") || row$name == "SoftDTW") {
    return("2")
  }
  count <- length(formula_arguments(row))
  numbers <- strsplit(row$example, ", ")[[1]][-seq_len(max(count, 1))]
  if (count == 0) {
    return(sub(".*?\\((.*)\\)$", "\\1", row$example))
  }
  sub("\\)$", "", paste(numbers, collapse = ", "))
}

is_elementwise <- function(row) {
  range <- match(c("Add", "Mod"), rows$name)
  place <- match(row$name, rows$name)
  place >= range[1] && place <= range[2]
}

given_dimension <- function(call, dimensions) {
  args <- sprintf("a%d = Vi(%d)", seq_along(dimensions), dimensions)
  op <- tryCatch(
    keops_kernel(sprintf("Sum_Reduction(%s, 0)", call), args),
    rkeops_error_formula = function(condition) NULL
  )
  if (is.null(op)) {
    return(NA)
  }
  describe_operator(operator_state(op))$result$dimension
}

test_that("every row takes the dimensions it should, and no others", {
  for (k in seq_len(nrow(rows))) {
    row <- rows[k, ]
    arguments <- formula_arguments(row)
    rule <- if (is_elementwise(row)) broadcast else dimension_rules[[row$name]]
    expect_true(is.function(rule), label = row$name)
    # squares and multiples among them
    choices <- if (is_exhaustive()) c(1:6, 9) else c(1, 2, 4, 6)
    if (length(arguments) > 2) choices <- c(1, 2, 4)
    cases <- expand.grid(rep(list(choices), length(arguments)))
    words <- c(
      sprintf("a%d", seq_along(arguments)),
      numbers_of(row)[nzchar(numbers_of(row))]
    )
    call <- sprintf("%s(%s)", row$name, toString(words))
    cases <- lapply(seq_len(max(nrow(cases), 1)), function(number) {
      unlist(cases[number, ], use.names = FALSE)
    })
    names(cases) <- vapply(cases, toString, "")
    expect_equal(
      vapply(cases, function(case) given_dimension(call, case), 0),
      vapply(cases, function(case) as.numeric(do.call(rule, as.list(case))), 0),
      label = call
    )
  }
})

# Reads what the documentation says of dimensions, "n * p, p -> n", as a list
# of the dimensions of the arguments, and that of the value. Of "1 or D" all.
documented_dimensions <- function(text, numbers) {
  symbols <- list(D = 3, n = 4, m = 5, p = 6, k = 2, K = 4)
  symbols[names(numbers)] <- numbers
  evaluated <- function(one) {
    eval(parse(text = one)[[1]], symbols, baseenv())
  }
  parts <- strsplit(text, " -> ", fixed = TRUE)[[1]]
  arguments <- if (length(parts) > 1) strsplit(parts[1], ", ")[[1]]
  choices <- lapply(strsplit(as.character(arguments), " or "), function(words) {
    vapply(words, evaluated, 1, USE.NAMES = FALSE)
  })
  list(
    arguments = expand.grid(choices), value = evaluated(parts[length(parts)])
  )
}

test_that("documented dimensions are true", {
  # what these say is told in words, and tested with their lists in test-ops.R
  for (k in which(!rows$name %in% c("TensorDot", "Kron"))) {
    row <- rows[k, ]
    arguments <- formula_arguments(row)
    formals <- names(formals(formula_operations[[row$name]]))
    numbers <- strsplit(numbers_of(row), ", ")[[1]]
    numbers <- rlang::set_names(
      as.list(as.numeric(numbers)), setdiff(formals, arguments)
    )
    documented <- documented_dimensions(row$dimensions, numbers)
    expect_length(documented$arguments, length(arguments))
    for (case in seq_len(max(nrow(documented$arguments), 1))) {
      dimensions <- unlist(documented$arguments[case, ], use.names = FALSE)
      words <- c(sprintf("a%d", seq_along(dimensions)), unlist(numbers))
      call <- sprintf("%s(%s)", row$name, toString(words))
      expect_equal(
        given_dimension(call, dimensions), documented$value,
        label = paste(call, "of", toString(dimensions), "is", row$dimensions)
      )
    }
  }
})

test_that("every reduction has the dimension it should", {
  reductions <- r_language("reductions")
  for (k in seq_len(nrow(reductions))) {
    name <- reductions$name[k]
    words <- strsplit(reductions$arguments[k], ", ")[[1]]
    for (f in 1:3) {
      for (weight in 1:3) {
        given <- c(f = "a1", weight = "a2", K = "4", D = "5", axis = "0")[words]
        scalar_only <- grepl("Exp|SoftMax", name)
        expected <- if (name == "Zero_Reduction") {
          5
        } else if (scalar_only && f > 1) {
          NA
        } else {
          values <- if ("weight" %in% words) weight else f
          values * (if ("K" %in% words) 4 else 1) *
            (if (grepl("_Arg|Parts", name)) 2 else 1) +
            startsWith(name, "Max_SumShift")
        }
        args <- sprintf("a%d = Vi(%d)", 1:2, c(f, weight))
        op <- tryCatch(
          keops_kernel(sprintf("%s(%s)", name, toString(given)), args),
          rkeops_error_formula = function(condition) NULL
        )
        actual <- if (is.null(op)) NA else describe_operator(
          operator_state(op)
        )$result$dimension
        expect_equal(actual, expected, label = paste(name, f, weight))
        documented <- documented_dimensions(
          reductions$dimensions[k], list(D = f, n = weight, K = 4)
        )
        if (name == "Zero_Reduction") documented$value <- 5
        if (!is.na(expected)) expect_equal(documented$value, expected)
      }
    }
  }
})
