# The kinds of R object of the zoo, see attack.R.

zoo_scalars <- function() {
  list(
    null = NULL, na = NA, na_integer = NA_integer_, na_real = NA_real_,
    na_character = NA_character_, na_complex = NA_complex_, nan = NaN,
    inf = Inf, minus_inf = -Inf, true = TRUE, false = FALSE, zero = 0,
    minus_zero = -0, one = 1, minus_one = -1, half = 0.5, two_integer = 2L,
    huge = 1e308, tiny = 5e-324, beyond_integer = 2^31, beyond_exact = 2^53 + 2,
    largest_integer = .Machine$integer.max, complex = 1 + 2i, raw = as.raw(7),
    text = "a", empty_text = "", number_text = "12", index_i = "i",
    index_j = "j", latin1 = zoo_latin1(), bytes = zoo_bytes(),
    broken_utf8 = "\xff\xfe", utf8 = "\u00e9\u4e2d\U1F600",
    long_text = strrep("a", 1e5), newline = "a\nb", format_text = "%s%d%n",
    braces = "{stop('no')}", path = "/nonexistent/path", wrong_option = "best"
  )
}

zoo_latin1 <- function() {
  text <- "\xe9"
  Encoding(text) <- "latin1"
  text
}

zoo_bytes <- function() {
  text <- "\xe9"
  Encoding(text) <- "bytes"
  text
}

zoo_vectors <- function() {
  list(
    logical0 = logical(), integer0 = integer(), numeric0 = numeric(),
    character0 = character(), complex0 = complex(), list0 = list(),
    raw0 = raw(), numbers = c(0.1, -2, 3), twelve = (1:12) / 7,
    altrep = 1:12, altrep_long = 1:1e5, with_na = c(1, NA, 3),
    with_inf = c(1, Inf, -Inf, NaN), logicals = c(TRUE, FALSE, NA),
    texts = c("a", "b", NA), named = c(a = 1, b = 2),
    duplicate_names = c(a = 1, a = 2), complex = c(1i, 2, NA),
    raws = as.raw(1:3), huge_numbers = c(1e300, -1e300, 1e-300),
    constant = rep(3, 12), mixed_list = list(1, "a", NULL),
    number_list = list(1, 2), nested_list = list(list(list(1))),
    named_list = list(x = 1, y = "b"), matrix_list = list(diag(2), diag(3)),
    null_list = list(NULL), with_attribute = structure(1:3, note = "kept"),
    dimension_of_list = structure(list(1, 2, 3, 4), dim = c(2, 2))
  )
}

zoo_arrays <- function() {
  list(
    no_rows = matrix(0, 0, 2), no_columns = matrix(0, 12, 0),
    nothing = matrix(0, 0, 0), one_cell = matrix(1), one_row = matrix(1:2, 1),
    one_column = matrix(1:12 / 3, 12), three_columns = matrix(1:36 / 5, 12),
    two_columns = matrix((1:24)^2 %% 7, 12), integers = matrix(1:24, 12),
    logicals = matrix(c(TRUE, FALSE, NA), 12, 2), texts = matrix("a", 12, 2),
    complex = matrix(1i, 12, 2), all_na = matrix(NA_real_, 12, 2),
    some_nan = replace(matrix(1:24 / 3, 12), 5, NaN),
    infinite = replace(matrix(1:24 / 3, 12), 5, Inf),
    equal_rows = matrix(1, 12, 2), huge = matrix(1e300, 12, 2),
    square = diag(12), singular = matrix(1, 12, 12), one_dimension = array(1:3),
    three_dimensions = array(1:24, c(2, 3, 4)),
    no_dimensions = array(numeric(), c(0, 3, 0)),
    of_lists = matrix(list(), 0, 2),
    named = matrix(1:4, 2, dimnames = list(c("a", "a"), c("x", NA))),
    table = table(c(1, 1, 2), c("a", "b", "b"))
  )
}

zoo_classes <- function() {
  frame <- zoo_frame()
  list(
    factor = factor(c("a", "b", NA)), ordered = ordered(c("low", "high")),
    no_levels = factor(character()), date = as.Date("2024-02-29") + 0:2,
    time = as.POSIXct(1e9 + 0:2, origin = "1970-01-01", tz = "UTC"),
    broken_time = as.POSIXlt("2024-01-01", tz = "UTC"),
    duration = as.difftime(1:3, units = "days"), frame = frame,
    no_rows = frame[0, ], no_columns = frame[, 0], text_frame =
      data.frame(x = "a", y = 1), list_frame = data.frame(x = I(list(1, 2))),
    matrix_frame = data.frame(m = I(matrix(1:4, 2))), factor_frame =
      data.frame(x = factor(c("a", "b")), y = 1:2), na_frame =
      data.frame(x = c(1, NA), y = c(NA, 2)),
    broken_frame = structure(list(x = 1:3, y = 1:2),
      class = "data.frame", row.names = 1:3
    ),
    unknown_s3 = structure(list(), class = "unheard_of"),
    number_s3 = structure(1:3, class = "unheard_of"),
    numeric_version = numeric_version("1.2.3"), time_series = ts(1:12),
    hex = as.hexmode(1:3), octal = as.octmode(8L),
    integer64 = structure(c(1e-323, 5e-324), class = "integer64"),
    sparse = Matrix::Matrix(c(0, 1, 0, 2), 2, sparse = TRUE),
    dense_s4 = Matrix::Matrix(1:4 / 3, 2), class_generator =
      methods::getGeneric("show")
  )
}

zoo_language <- function() {
  list(
    name = quote(x), missing_argument = formals(function(x) x)$x,
    call = quote(x + 1),
    formula = y ~ x, one_sided = ~x, dotted = y ~ ., broken_formula =
      y ~ no_such_variable, expression = expression(x), closure = function(x) x,
    failing = function(...) stop("no"), wrong_value = function(...) "a",
    primitive = sum, environment = new.env(), global = globalenv(),
    connection = stdin(), pointer = methods::new("externalptr"),
    pairlist = pairlist(a = 1), braces = call("{"), condition =
      simpleError("no"), promise_error = quote(stop("evaluated"))
  )
}

# Objects of our classes, whole and forged.
zoo_own <- function() {
  x <- matrix(1:24 / 7, 12)
  op <- keops_kernel("Sum_Reduction(SqDist(x, y), 0)", c("x=Vi(2)", "y=Vj(2)"))
  tensor <- sqdist(Vi(x), Vj(x))
  half_made <- tensor
  half_made@data <- list()
  wrong_pointer <- unserialize(serialize(tensor, NULL))
  wrong_pointer@state$pointer <- operator_state(op)$pointer
  wrong_text <- unserialize(serialize(tensor, NULL))
  wrong_text@formula <- "Sum(((("
  wrong_slots <- tensor
  wrong_slots@sizes <- integer()
  list(
    operator = op, tensor = tensor, of_i = Vi(x), of_j = Vj(x),
    parameter = Pm(2),
    complex_tensor = Vi(x + 1i), logical_tensor = tensor < 1, code_tensor =
      Vi(factor(rep(c("a", "b"), 6))),
    saved_tensor = unserialize(serialize(tensor, NULL)),
    empty_tensor = methods::new("LazyTensor"), half_made = half_made,
    wrong_pointer = wrong_pointer, wrong_text = wrong_text,
    wrong_slots = wrong_slots, forged_tensor =
      structure(list(), class = "LazyTensor"),
    forged_operator = structure(function(...) 1, class = "keops_operator"),
    forged_gpu = structure(list(), class = "gpu_matrix"),
    forged_gpu_pointer = structure(methods::new("externalptr"),
      class = "gpu_matrix"
    ),
    forged_fit = structure(list(), class = "k_means"),
    neighbours = nearest_neighbours(x, k = 2)
  )
}

zoo_frame <- function() {
  data.frame(
    x = (1:12 * 5) %% 12 / 3, z = (1:12 * 7) %% 12 / 2, y = sin(1:12),
    class = factor(rep(c("a", "b"), 6)), w = 1
  )
}

zoo <- function() {
  kinds <- list(
    scalar = zoo_scalars(), vector = zoo_vectors(), array = zoo_arrays(),
    class = zoo_classes(), language = zoo_language(), own = zoo_own()
  )
  unlist(kinds, recursive = FALSE)
}
