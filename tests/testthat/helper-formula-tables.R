# Every operation and reduction, in plain R and double precision:
# the other half of helper-formula.R. Each operation is a function of the
# vectors at one pair (i, j), where R repeats numbers by itself; arguments that
# are whole numbers or lists of them have `whole` as their default.

whole <- NULL

choose <- function(condition, a, b) {
  length <- max(length(condition), length(a), length(b))
  condition <- rep_len(condition, length) %in% TRUE
  ifelse(condition, rep_len(a, length), rep_len(b, length))
}

# pow() of C, which knows negative numbers to an infinite power, and -Inf to a
# power that is not whole.
c_power <- function(f, g) {
  at_infinity <- is.infinite(g) | (is.infinite(f) & g != floor(g))
  choose(at_infinity & f < 0, abs(f)^g, f^g)
}

reciprocal_root <- function(f) choose(f == 0, 0, 1 / sqrt(f))

error_complement <- function(f) 2 * stats::pnorm(-f * sqrt(2))

# By a Bessel function of half a degree; j_n(-f) = (-1)^n j_n(f). R's has no
# digits left for huge numbers, where j_1 is -cos(f) / f.
spherical_bessel <- function(f, n) {
  size <- abs(f)
  value <- sqrt(pi / (2 * size)) * besselJ(size, n + 0.5)
  if (n == 1) value <- choose(size > 1e9, -cos(size) / size, value)
  choose(f == 0, n == 0, sign(f)^n * value)
}

# NaN is what NA is in R's logic.
number_of <- function(truth) ifelse(is.na(truth), NaN, as.numeric(truth))

first_place <- function(f, which) if (anyNA(f)) length(f) else which(f) - 1

square_matrix <- function(f) matrix(f, sqrt(length(f)))

squared <- function(f) sum(f^2)
distance_in <- function(x, y, s) sqrt(squared((x - y) / s))

weighted <- function(s, f) {
  if (length(s) == 1 || length(s) == length(f)) {
    return(sum(s * f^2))
  }
  sum(s * outer(f, f))
}

curl_free <- function(c, x, y, b) {
  exp(-c * squared(x - y)) * (b / (2 * c) - sum(b * (x - y)) * (x - y))
}

divergence_free <- function(c, x, y, b) {
  d <- length(x - y)
  along <- sum(b * (x - y)) * (x - y)
  exp(-c * squared(x - y)) *
    (((d - 1) / (2 * c) - squared(x - y)) * b + along)
}

# All products of components; then the sums over those whose indices agree.
tensor_dot <- function(f, g, sizes_f, sizes_g, summed_f, summed_g,
                       permute = NULL) {
  products <- outer(f, g)
  of_f <- arrayInd(c(row(products)), sizes_f)
  of_g <- arrayInd(c(col(products)), sizes_g)
  agree <- rep(TRUE, length(products))
  for (k in seq_along(summed_f)) {
    agree <- agree & of_f[, summed_f[k] + 1] == of_g[, summed_g[k] + 1]
  }
  kept <- cbind(
    of_f[, setdiff(seq_along(sizes_f), summed_f + 1), drop = FALSE],
    of_g[, setdiff(seq_along(sizes_g), summed_g + 1), drop = FALSE]
  )
  if (is.null(permute)) permute <- seq_len(ncol(kept)) - 1
  places <- kept
  places[, permute + 1] <- kept
  if (!ncol(kept)) {
    return(sum(products[agree]))
  }
  # the last axis runs slowest
  axes <- lapply(rev(seq_len(ncol(places))), function(k) places[agree, k])
  as.vector(tapply(products[agree], rev(axes), sum))
}

# Order k of the splines as a mixture of two of order k - 1.
spline_at <- function(knots, x, order, place) {
  if (order == 0) {
    return(as.numeric(knots[place] <= x && x < knots[place + 1]))
  }
  part <- function(numerator, denominator, place) {
    if (denominator == 0) return(0)
    numerator / denominator * spline_at(knots, x, order - 1, place)
  }
  last <- place + order
  part(x - knots[place], knots[last] - knots[place], place) +
    part(knots[last + 1] - x, knots[last + 1] - knots[place + 1], place + 1)
}

# `best` distances of all pairs of beginnings and the `way` to them; also of
# complex numbers, whose imaginary parts are small steps.
warping_table <- function(x, y, gamma) {
  best <- way <- matrix(Inf + 0i, length(x) + 1, length(y) + 1)
  best[1, 1] <- 0
  for (i in seq_along(x)) {
    for (j in seq_along(y)) {
      before <- c(best[i, j], best[i, j + 1], best[i + 1, j])
      before <- before[is.finite(Re(before))]
      least <- min(Re(before))
      soft <- least - gamma * log(sum(exp(-(before - least) / gamma)))
      way[i + 1, j + 1] <- soft
      best[i + 1, j + 1] <- (x[i] - y[j])^2 + soft
    }
  }
  list(best = best, way = way)
}

soft_warping <- function(x, y, gamma) {
  Re(warping_table(x, y, gamma)$best[length(x) + 1, length(y) + 1])
}

# The gradient in z = c(x, y, gamma), with n numbers in x.
soft_warping_gradient <- function(z, n) {
  x <- z[seq_len(n)]
  y <- z[seq(n + 1, length(z) - 1)]
  gamma <- z[length(z)]
  table <- warping_table(x, y, gamma)
  share <- matrix(0i, n + 1, length(y) + 1)
  share[n + 1, length(y) + 1] <- 1
  of_gamma <- 0
  for (i in rev(seq_along(x)) + 1) {
    for (j in rev(seq_along(y)) + 1) {
      for (cell in list(c(i - 1, j - 1), c(i - 1, j), c(i, j - 1))) {
        distance <- table$best[cell[1], cell[2]]
        if (any(cell < 2) || !is.finite(Re(distance))) next
        exponent <- (table$way[i, j] - distance) / gamma
        part <- share[i, j] * exp(exponent)
        share[cell[1], cell[2]] <- share[cell[1], cell[2]] + part
        of_gamma <- of_gamma + part * exponent
      }
    }
  }
  slopes <- 2 * share[-1, -1, drop = FALSE] * outer(x, y, `-`)
  c(rowSums(slopes), -colSums(slopes), of_gamma)
}

# Exact, because nothing is subtracted: the gradient is analytic.
soft_warping_along <- function(z, u, n) {
  Im(soft_warping_gradient(z + 1e-100i * u, n)) / 1e-100
}

# Real and imaginary parts in turn, and back.
as_complex <- function(f) {
  complex(real = f[c(TRUE, FALSE)], imaginary = f[c(FALSE, TRUE)])
}
in_parts <- function(z) c(rbind(Re(z), Im(z)))

# NaN for a divisor of 0, where R's own division may give Inf.
complex_ratio <- function(f, g) {
  in_parts(f * Conj(g)) / rep(Mod(g)^2, each = 2)
}

formula_operations <- list(
  IntCst = function(n = whole) n,
  IntInv = function(n = whole) 1 / n,
  RatCst = function(p = whole, q = whole) p / q,
  Zero = function(D = whole) rep(0, D),
  Range = function(D = whole) seq_len(D) - 1,
  Add = function(f, g) f + g,
  Subtract = function(f, g) f - g,
  Mult = function(f, g) f * g,
  Divide = function(f, g) f / g,
  Minus = function(f) -f,
  Square = function(f) f * f,
  Pow = function(f, m = whole) f^m,
  Powf = c_power,
  Power = c_power,
  Sqrt = function(f) sqrt(f),
  Rsqrt = function(f) reciprocal_root(f),
  Inv = function(f) 1 / f,
  Exp = function(f) exp(f),
  Expm1 = function(f) expm1(f),
  Exp2 = function(f) 2^f,
  Exp2OfSmall = function(f) 2^f,
  Log = function(f) log(f),
  Log1p = function(f) log1p(f),
  Log2 = function(f) log2(f),
  Log10 = function(f) log10(f),
  Logistic = function(f) stats::plogis(f),
  Softplus = function(f) -stats::plogis(f, lower.tail = FALSE, log.p = TRUE),
  Sin = function(f) sin(f),
  Cos = function(f) cos(f),
  Atan = function(f) atan(f),
  Sinh = function(f) sinh(f),
  Cosh = function(f) cosh(f),
  Tanh = function(f) tanh(f),
  Erf = function(f) sign(f) * stats::pchisq(2 * f^2, df = 1),
  Tan = function(f) tan(f),
  Asin = function(f) asin(f),
  Acos = function(f) acos(f),
  Asinh = function(f) asinh(f),
  Acosh = function(f) acosh(f),
  Atanh = function(f) atanh(f),
  Atan2 = function(f, g) atan2(f, g),
  Erfc = error_complement,
  Lgamma = function(f) lgamma(f),
  Digamma = function(f) digamma(f),
  Polygamma = function(f, n = whole) psigamma(f, n),
  SphericalBessel = function(f, n = whole) spherical_bessel(f, n),
  SinXDivX = function(f) choose(f == 0, 1, sin(f) / f),
  XLogX = function(f) choose(f == 0, 0, f * log(f)),
  Abs = function(f) abs(f),
  Sign = function(f) sign(f),
  Step = function(f) choose(f < 0, 0, choose(f >= 0, 1, f)),
  ReLU = function(f) choose(f < 0, 0, f),
  Floor = function(f) floor(f),
  Ceil = function(f) ceiling(f),
  Trunc = function(f) trunc(f),
  Round = function(f, d = whole) round(f, d),
  Equal = function(f, g) choose(f == g, 1, 0),
  NotEqual = function(f, g) choose(f == g, 0, 1),
  LessThan = function(f, g) choose(f < g, 1, 0),
  LessOrEqual = function(f, g) choose(f <= g, 1, 0),
  GreaterThan = function(f, g) choose(f > g, 1, 0),
  GreaterOrEqual = function(f, g) choose(f >= g, 1, 0),
  And = function(f, g) number_of(f != 0 & g != 0),
  Or = function(f, g) number_of(f != 0 | g != 0),
  Not = function(f) number_of(f == 0),
  IsNaN = function(f) as.numeric(is.na(f)),
  IfKnown = function(f, a) {
    f[!is.na(f)] <- 0
    f + a
  },
  IfElse = function(f, a, b) choose(f >= 0, a, b),
  Maximum = function(f, g) pmax(f, g),
  Minimum = function(f, g) pmin(f, g),
  Clamp = function(f, a, b) choose(f < a, a, choose(f > b, b, f)),
  ClampInt = function(f, a = whole, b = whole) pmin(pmax(f, a), b),
  DiffClampInt = function(f, a = whole, b = whole) {
    choose(a <= f & f <= b, 1, 0)
  },
  Mod = function(f, n, d) f - n * floor((f - d) / n),
  Sum = function(f) sum(f),
  Max = function(f) max(f),
  Min = function(f) min(f),
  ArgMax = function(f) first_place(f, which.max),
  ArgMin = function(f) first_place(f, which.min),
  SumT = function(f, D = whole) rep(f, D),
  Extract = function(f, start = whole, length = whole) {
    f[start + seq_len(length)]
  },
  ExtractT = function(f, start = whole, length = whole) {
    replace(rep(0, length), start + seq_along(f), f)
  },
  Concat = function(f, g) c(f, g),
  Elem = function(f, m = whole) f[m + 1],
  ElemT = function(f, length = whole, m = whole) {
    replace(rep(0, length), m + 1, f)
  },
  OneHot = function(f, D = whole) {
    as.numeric(floor(f + 0.5) == seq_len(D) - 1)
  },
  Cross = function(f, g) {
    f[c(2, 3, 1)] * g[c(3, 1, 2)] - f[c(3, 1, 2)] * g[c(2, 3, 1)]
  },
  Softmax = function(f) exp(f - max(f)) / sum(exp(f - max(f))),
  Scalprod = function(f, g) sum(f * g),
  SqNorm2 = function(f) squared(f),
  Norm2 = function(f) sqrt(squared(f)),
  Normalize = function(f) f * reciprocal_root(squared(f)),
  SqDist = function(f, g) squared(f - g),
  SqNormIso = function(s, f) s * squared(f),
  SqNormDiag = function(s, f) sum(s * f^2),
  SymSqNorm = function(A, f) sum(A * outer(f, f)),
  WeightedSqNorm = function(s, f) weighted(s, f),
  WeightedSqDist = function(s, f, g) weighted(s, f - g),
  Haversine = function(f, g) {
    chord <- sin((f[2] - g[2]) / 2)^2 +
      cos(f[2]) * cos(g[2]) * sin((f[1] - g[1]) / 2)^2
    2 * asin(min(1, sqrt(chord)))
  },
  TensorDot = function(f, g, sizes_f = whole, sizes_g = whole,
                       summed_f = whole, summed_g = whole, permute = whole) {
    tensor_dot(f, g, sizes_f, sizes_g, summed_f, summed_g, permute)
  },
  MatVecMult = function(A, b) c(matrix(A, ncol = length(b)) %*% b),
  VecMatMult = function(b, A) c(b %*% matrix(A, nrow = length(b))),
  TensorProd = function(f, g) c(outer(f, g)),
  Kron = function(f, g, sizes_f = whole, sizes_g = whole) {
    c(kronecker(array(f, sizes_f), array(g, sizes_g)))
  },
  Det = function(A) det(square_matrix(A)),
  Inverse = function(A) c(solve(square_matrix(A))),
  ComplexReal = function(f) Re(as_complex(f)),
  ComplexImag = function(f) Im(as_complex(f)),
  Real2Complex = function(f) in_parts(f + 0i),
  Imag2Complex = function(f) in_parts(f * 1i),
  ComplexAdd = function(f, g) in_parts(as_complex(f) + as_complex(g)),
  ComplexSubtract = function(f, g) in_parts(as_complex(f) - as_complex(g)),
  ComplexMult = function(f, g) in_parts(as_complex(f) * as_complex(g)),
  ComplexDivide = function(f, g) complex_ratio(as_complex(f), as_complex(g)),
  ComplexRealScal = function(s, f) s * f,
  Conj = function(f) in_parts(Conj(as_complex(f))),
  ComplexSquareAbs = function(f) Mod(as_complex(f))^2,
  ComplexAbs = function(f) Mod(as_complex(f)),
  ComplexAngle = function(f) Arg(as_complex(f)),
  ComplexExp = function(f) in_parts(exp(as_complex(f))),
  ComplexExp1j = function(f) in_parts(exp(1i * f)),
  ComplexSum = function(f) in_parts(sum(as_complex(f))),
  ComplexSumT = function(f, length = whole) rep(f, length / 2),
  MaternOfSquare = function(f, n = whole) {
    r <- sqrt(f)
    factor <- switch(n + 1, 1, 1 + r, 1 + r + f / 3)
    choose(exp(-r) == 0, 0, factor * exp(-r))
  },
  WendlandOfSquare = function(f) {
    choose(f < 1, pmax(0, 1 - sqrt(f))^4 * (1 + 4 * sqrt(f)), 0)
  },
  Gauss = function(x, y, s) exp(-distance_in(x, y, s)^2 / 2),
  Cauchy = function(x, y, s) 1 / (1 + distance_in(x, y, s)^2),
  InverseMultiquadric = function(x, y, s) {
    1 / sqrt(1 + distance_in(x, y, s)^2)
  },
  RationalQuadratic = function(x, y, s, alpha) {
    (1 + distance_in(x, y, s)^2 / (2 * alpha))^(-alpha)
  },
  Laplace = function(x, y, s) exp(-distance_in(x, y, s)),
  Matern12 = function(x, y, s) exp(-distance_in(x, y, s)),
  Matern32 = function(x, y, s) {
    r <- sqrt(3) * distance_in(x, y, s)
    (1 + r) * exp(-r)
  },
  Matern52 = function(x, y, s) {
    r <- sqrt(5) * distance_in(x, y, s)
    (1 + r + r^2 / 3) * exp(-r)
  },
  Epanechnikov = function(x, y, s) max(0, 1 - distance_in(x, y, s)^2),
  Wendland = function(x, y, s) {
    r <- distance_in(x, y, s)
    max(0, 1 - r)^4 * (1 + 4 * r)
  },
  GaussKernel = function(c, x, y, b) exp(-c * squared(x - y)) * b,
  LaplaceKernel = function(c, x, y, b) exp(-c * sqrt(squared(x - y))) * b,
  CauchyKernel = function(c, x, y, b) b / (1 + c * squared(x - y)),
  InverseMultiquadricKernel = function(c, x, y, b) {
    b / sqrt(1 / c + squared(x - y))
  },
  SumGaussKernel = function(c, w, x, y, b) {
    sum(w * exp(-c * squared(x - y))) * b
  },
  CurlFreeGaussKernel = function(c, x, y, b) curl_free(c, x, y, b),
  DivFreeGaussKernel = function(c, x, y, b) divergence_free(c, x, y, b),
  TRIGaussKernel = function(l, c, x, y, b) {
    l * divergence_free(c, x, y, b) + (1 - l) * curl_free(c, x, y, b)
  },
  BSpline = function(knots, x, order = whole) {
    places <- seq_len(length(knots) - order - 1)
    vapply(places, function(place) spline_at(knots, x, order, place), 1)
  },
  SoftDTW_SqDist = function(x, y, gamma) soft_warping(x, y, gamma),
  SoftDTW = function(z, n = whole) {
    soft_warping(z[seq_len(n)], z[seq(n + 1, length(z) - 1)], z[length(z)])
  },
  SoftDTW_Gradient = function(z, n = whole) Re(soft_warping_gradient(z, n)),
  SoftDTW_GradientAlong = function(z, u, n = whole) soft_warping_along(z, u, n)
)

infix_operations <- c(
  `+` = "Add", `-` = "Subtract", `*` = "Mult", `/` = "Divide", `^` = "Power",
  `|` = "Scalprod", `==` = "Equal", `!=` = "NotEqual", `<` = "LessThan",
  `<=` = "LessOrEqual", `>` = "GreaterThan", `>=` = "GreaterOrEqual"
)

# The row called `name` in formulas with so many arguments.
meaning_of <- function(name, count) {
  if (name == "-" && count == 1) name <- "Minus"
  if (name %in% names(infix_operations)) name <- infix_operations[[name]]
  if (count == 2 && name %in% c("Max", "Min")) name <- paste0(name, "imum")
  if (name == "ComplexScal") name <- "ComplexMult"
  formula_operations[[name]]
}

# ---- reductions: of the matrix of all values, one row an element ----

# Missing values of R are NaN in results.
nan_of <- function(value) if (is.na(value)) NaN else value

component_by_component <- function(reduce) {
  function(f) {
    vapply(seq_len(ncol(f)), function(k) as.numeric(reduce(f[, k])), 1)
  }
}

# exp(v - m) and m, which is 0 where the largest value is infinite.
shifted_exponentials <- function(v) {
  largest <- max(c(v, -Inf))
  shift <- if (is.finite(largest)) largest else 0
  list(shift = shift, values = exp(v - shift))
}

first_index <- function(which) function(v) c(which(v) - 1, NaN)[1]
without_nan <- function(v) v[!is.nan(v)]

# K x D: the places (from 1) of the K smallest of each component, NA for none.
smallest_places <- function(f, K) {
  matrix(vapply(seq_len(ncol(f)), function(k) {
    order(f[, k], na.last = NA)[seq_len(K)]
  }, rep(1L, K)), K)
}

smallest_values <- function(f, K, worst = Inf) {
  places <- smallest_places(f, K)
  values <- matrix(f[cbind(c(places), c(col(places)))], K)
  replace(values, is.na(places), worst)
}

low_part <- function(index) index %% 2^20
high_part <- function(index) floor(index / 2^20)

formula_reductions <- list(
  Sum_Reduction = component_by_component(sum),
  Mean_Reduction = component_by_component(function(v) sum(v) / length(v)),
  Var_Reduction = component_by_component(stats::var),
  Prod_Reduction = component_by_component(prod),
  NonzeroProd_Reduction = component_by_component(prod),
  Count_Reduction = component_by_component(function(v) nan_of(sum(v != 0))),
  Any_Reduction = component_by_component(function(v) nan_of(any(v != 0))),
  All_Reduction = component_by_component(function(v) nan_of(all(v != 0))),
  LogSumExp_Reduction = component_by_component(function(v) {
    terms <- shifted_exponentials(v)
    terms$shift + log(sum(terms$values))
  }),
  LogSumExpWeight_Reduction = function(f, weight) {
    terms <- shifted_exponentials(f)
    terms$shift + log(colSums(c(terms$values) * weight))
  },
  SumSoftMaxWeight_Reduction = function(f, weight) {
    terms <- shifted_exponentials(f)
    colSums(c(terms$values) * weight) / sum(terms$values)
  },
  Max_SumShiftExp_Reduction = function(f) {
    largest <- max(c(f, -Inf))
    c(largest, sum(exp(f - largest)))
  },
  Max_SumShiftExpWeight_Reduction = function(f, weight) {
    largest <- max(c(f, -Inf))
    c(largest, colSums(exp(c(f) - largest) * weight))
  },
  Min_Reduction = component_by_component(function(v) min(c(v, Inf))),
  ArgMin_Reduction = component_by_component(first_index(which.min)),
  Min_ArgMin_Reduction = function(f) {
    c(
      component_by_component(function(v) min(c(without_nan(v), Inf)))(f),
      component_by_component(first_index(which.min))(f)
    )
  },
  ArgMinParts_Reduction = function(f) {
    index <- component_by_component(first_index(which.min))(f)
    c(low_part(index), high_part(index))
  },
  Max_Reduction = component_by_component(function(v) max(c(v, -Inf))),
  ArgMax_Reduction = component_by_component(first_index(which.max)),
  Max_ArgMax_Reduction = function(f) {
    c(
      component_by_component(function(v) max(c(without_nan(v), -Inf)))(f),
      component_by_component(first_index(which.max))(f)
    )
  },
  ArgMaxParts_Reduction = function(f) {
    index <- component_by_component(first_index(which.max))(f)
    c(low_part(index), high_part(index))
  },
  KMin_Reduction = function(f, K = whole) c(t(smallest_values(f, K))),
  ArgKMin_Reduction = function(f, K = whole) c(t(smallest_places(f, K) - 1)),
  KMin_ArgKMin_Reduction = function(f, K = whole) {
    c(t(cbind(smallest_values(f, K), smallest_places(f, K) - 1)))
  },
  ArgKMinParts_Reduction = function(f, K = whole) {
    index <- c(t(smallest_places(f, K) - 1))
    c(low_part(index), high_part(index))
  },
  KMax_Reduction = function(f, K = whole) c(t(-smallest_values(-f, K))),
  ArgKMax_Reduction = function(f, K = whole) c(t(smallest_places(-f, K) - 1)),
  KMax_ArgKMax_Reduction = function(f, K = whole) {
    c(t(cbind(-smallest_values(-f, K), smallest_places(-f, K) - 1)))
  },
  Entries_Reduction = function(f, K = whole) {
    c(t(rbind(f, matrix(NaN, K, ncol(f)))[seq_len(K), , drop = FALSE]))
  },
  Zero_Reduction = function(D = whole) rep(0, D)
)

# The row called `name` in formulas with so many arguments.
reduction_meaning <- function(name, count) {
  if (name == "SoftMax_Reduction") name <- "SumSoftMaxWeight_Reduction"
  if (name == "LogSumExp_Reduction" && count == 3) {
    name <- "LogSumExpWeight_Reduction"
  }
  formula_reductions[[name]]
}
