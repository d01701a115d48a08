# The calls into which the zoo puts its objects, see attack.R.

# Arguments by their names: what a function is given where nothing else is said.
zoo_arguments <- function() {
  x <- matrix(c(1:12 * 5 %% 12, (1:12 * 7) %% 11), 12) / 5
  y <- x[12:1, ] + 0.1
  tensor <- sqdist(Vi(x), Vj(x))
  gaussian <- exp(-tensor)
  list(
    x = tensor, y = Vj(y), z = Pm(0.5), index = "j", K = gaussian, k = 2, A =
      gaussian, D = tensor, f = tensor, m = 0, n = 3, d = 1, a = 0.2, b = 0.5,
    s = Pm(2), v = Pm(1:2), opstr = "Sum", operation = "Exp",
    weight = Vj(x[, 1]),
    value = 0, gi = rep(1:3, 4), gj = rep(1:3, 4), data = zoo_frame(),
    formula = y ~ x + z, operator = zoo_operator(), op = zoo_operator(),
    what = "graph", r = 1, eps = 1, nu = 0.5, vec = 1:3, table = "operations",
    option = "precision", lambda = 0.1, start = x, samples = list(x, y), var = 0
  )
}

zoo_operator <- function() {
  keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x = Vi(2)", "y = Vj(2)"),
    precision = "float64"
  )
}

# Calls whose arguments of the same name mean something else.
zoo_calls <- function() {
  x <- matrix(c(1:12 * 5 %% 12, (1:12 * 7) %% 11), 12) / 5
  y <- x[12:1, ] + 0.1
  number <- seq_len(12) %% 5 / 3
  solution <- kernel_solve(exp(-sqdist(Vi(x), Vj(x))), number, 0.1)
  points <- list(x = x)
  pair <- list(x = x, y = y)
  tensors <- list(x = Vi(x), y = Vj(y))
  least <- list(x = sqdist(Vi(x), Vj(y)), K = 2, index = "j")
  list(
    LazyTensor = list(x = x, index = "i"), Vi = points, Vj = points,
    Pm = list(x = 2), grad = list(
      f = exp(-sqdist(Vi(x), Vj(y))), gradin = 1, opstr = "Sum", var = 0,
      index = "j"
    ),
    keops_kernel = list(formula = "Sum_Reduction(x, 1)", args = "x = Vi(2)"),
    keops_grad = list(operator = zoo_operator(), var = "x"),
    keops_grad.keops_operator = list(operator = zoo_operator(), var = "x"),
    nearest_neighbours = list(x = x, query = y, k = 2), knn_fit = list(
      formula = y ~ x + z, data = zoo_frame(), k = 2
    ),
    k_means = list(x = x, centers = 2), gaussian_mixture = list(x = x, k = 2),
    dbscan_clusters = list(x = x, eps = 1, min_points = 2), kernel_density =
      list(x = x, bw = 1),
    kernel_smooth = list(formula = y ~ x, data = zoo_frame(), bw = 1),
    kernel_classify = list(formula = class ~ x + z, data = zoo_frame()),
    gaussian_process = list(
      formula = y ~ x, data = zoo_frame(), range = 1, variance = 1, nugget = 0.1
    ),
    kernel_pca = list(x = x, k = 2), spectral_embedding = list(x = x, k = 2),
    sinkhorn = list(x = x, y = y, epsilon = 1), sinkhorn_gradient = list(
      object = sinkhorn(x, y, epsilon = 1)
    ),
    wasserstein_barycenter = list(samples = list(x, y), n = 4, epsilon = 1),
    energy_test = list(x = x, y = y, nperm = 9), mmd_test = list(
      x = x, y = y, nperm = 9
    ), hsic_test = list(x = x, y = number, nperm = 9),
    energy_test.default = list(x = x, y = y, nperm = 9), mmd_test.default =
      list(x = x, y = y, nperm = 9),
    hsic_test.default = list(x = x, y = number, nperm = 9),
    kernel_solve_gradient = list(
      K = exp(-sqdist(Vi(x), Vj(x))), lambda = 0.1, solution = solution,
      gradin = number, var = 0
    ),
    kernel_solve = list(
      K = exp(-sqdist(Vi(x), Vj(x))), b = number, lambda = 0.1
    ),
    log_det = list(K = exp(-sqdist(Vi(x), Vj(x))), lambda = 0.1),
    lazy_objective = list(f = function(x) sqdist(Vi(x), Vj(y)), start = x),
    pair_ranges = list(i = cbind(1, 4), j = cbind(2, 9), sizes = c(12, 12)),
    from_matrix = list(blocks = diag(2) == 1, rows = c(6, 6)),
    grid_clusters = list(x = x, cell = 1), chamfer_distance = pair,
    hausdorff_distance = pair, crossprod = list(
      x = exp(-sqdist(Vi(x), Vj(x))), y = number
    ), tcrossprod = list(x = exp(-sqdist(Vi(x), Vj(x))), y = t(number)),
    gower = list(x = zoo_frame(), y = zoo_frame()), sqdist = tensors,
    weightedsqdist = c(tensors, list(s = Pm(2))), weightedsqnorm = list(
      x = Vi(x), s = Pm(2)
    ), haversine = tensors, concat = tensors, tensorprod = tensors,
    minkowski_dist = c(tensors, list(p = 3)), elem = list(x = Vi(x), m = 1),
    elemT = list(x = Pm(1), m = 1, n = 3), extract = list(x = Vi(x), m = 1, d = 1),
    extractT = list(x = Vi(x), m = 1, d = 4), one_hot = list(x = Pm(1), D = 3),
    matvecmult = list(m = Pm(1:4), v = Vi(x)), vecmatmult = list(
      v = Vi(x), m = Pm(1:4)
    ), set_rkeops_option = list(option = "precision", value = "float32"),
    set_rkeops_options = list(input = list(precision = "float32")),
    with_rkeops_options = list(input = list(precision = "float32"), code = 1),
    reduction.LazyTensor = list(
      x = exp(-sqdist(Vi(x), Vj(x))), opstr = "Sum", index = "j"
    ),
    unaryop.LazyTensor = list(x = Vi(x), opstr = "Exp"), binaryop.LazyTensor =
      list(x = Vi(x), y = Vj(y), opstr = "Add"),
    ternaryop.LazyTensor = list(
      x = Vi(x), y = Vj(y), z = Pm(1), opstr = "Clamp"
    ),
    lazy_apply = list(operation = "Exp", x = Vi(x)), findInterval = list(
      x = exp(-sqdist(Vi(x), Vj(x))), vec = c(0.1, 0.5)
    ),
    argKmin = least, Kmin = least, Kmin_argKmin = least,
    euclidean_dist = tensors, cosine_dist = tensors, hamming_dist = tensors,
    mahalanobis_dist = tensors, manhattan_dist = tensors,
    maximum_dist = tensors, polynomial_kernel = tensors, clampint = list(
      x = Vi(x), y = 0, z = 1
    ), diag = list(x = exp(-sqdist(Vi(x), Vj(x)))), pmax = list(Vi(x), 0.1),
    pmin = list(Vi(x), 0.1), which = list(x = sqdist(Vi(x), Vj(y)) < 1),
    which.max = list(x = sqdist(Vi(x), Vj(y))), which.min = list(
      x = sqdist(Vi(x), Vj(y))
    ),
    imag2complex = points_of(Vi(x)), real2complex = points_of(Vi(x)),
    exp1j = points_of(Vi(x)), as_fnn = list(x = nearest_neighbours(x, k = 2)),
    as_dbscan = list(x = dbscan_clusters(x, 1, 2)), as_sparse_matrix = list(
      x = pairs_within(sqdist(Vi(x), Vj(x)), 1)
    ), step = list(object = Vi(x)), sweep = list(
      x = exp(-sqdist(Vi(x), Vj(x))), MARGIN = 1, STATS = number
    ),
    explain = list(op = zoo_operator(), what = "graph"),
    ifelse = list(test = Vi(x) < 1, yes = Vi(x), no = 0),
    inv = points_of(Vi(x)),
    atan2 = list(y = Vi(x), x = Vj(y)), besselK = list(x = Vi(x), nu = 0.5),
    match = list(x = least$x, table = 1:2), nchar = list(x = least$x),
    `%in%` = list(x = least$x, table = 1:2), rank = list(x = least$x),
    fft = list(z = least$x), fivenum = list(x = least$x),
    tabulate = list(bin = Vi(x)), cmdscale = list(d = sqdist(Vi(x), Vj(x))),
    dnorm = list(x = Vi(x)), pnorm = list(q = Vi(x)), to_gpu = list(x = x)
  )
}

points_of <- function(x) list(x = x)

# The objects that methods are called on.
zoo_fits <- function() {
  calls <- zoo_calls()
  made_by <- c(
    "dbscan_clusters", "gaussian_mixture", "gaussian_process", "k_means",
    "kernel_classify", "kernel_density", "kernel_pca", "kernel_smooth",
    "knn_fit", "nearest_neighbours", "sinkhorn", "spectral_embedding",
    "wasserstein_barycenter"
  )
  fits <- lapply(made_by, function(name) do.call(name, calls[[name]]))
  names(fits) <- made_by
  x <- calls$Vi$x
  fits$keops_operator <- zoo_operator()
  fits$keops_gradients <- keops_grad(zoo_operator(), c("x", "y"))
  fits$rkeops_pairs <- pairs_within(sqdist(Vi(x), Vj(x)), 1)
  fits$kernel_solution <- calls$kernel_solve_gradient$solution
  fits$kernel_log_det <- do.call(log_det, calls$log_det)
  fits
}

# Functions without an argument, and what would draw, or end the session, or has
# nothing of ours in it.
zoo_left_out <- c("show", "install_rkeops", "local_rkeops_options")

# list(name =, function, arguments): every exported function, and every method
# for an object that a function of ours returns.
zoo_subjects <- function() {
  namespace <- asNamespace("rkeops")
  calls <- zoo_calls()
  known <- zoo_arguments()
  exports <- setdiff(getNamespaceExports("rkeops"), zoo_left_out)
  exports <- sort(exports[!grepl("^\\.__", exports)])
  subjects <- lapply(exports, function(name) {
    f <- get(name, namespace)
    if (!is.function(f) || is.primitive(f) || !length(formals(f))) {
      return(NULL)
    }
    wanted <- vapply(formals(f), function(default) {
      is.name(default) && !nzchar(as.character(default))
    }, NA)
    wanted <- union(
      names(formals(f))[wanted], intersect("index", names(formals(f)))
    )
    given <- calls[[sub("_reduction$", "", name)]]
    if (is.null(given) && "bandwidth" %in% names(formals(f))) {
      given <- calls$euclidean_dist
    }
    if (is.null(given)) given <- known[intersect(wanted, names(known))]
    list(name = name, f = f, given = given)
  })
  c(Filter(Negate(is.null), subjects), zoo_methods(namespace))
}

zoo_methods <- function(namespace) {
  fits <- zoo_fits()
  of_frame <- c(
    "gaussian_process", "kernel_smooth", "kernel_classify", "knn_fit"
  )
  x <- zoo_calls()$Vi$x
  registered <- parseNamespaceFile("rkeops", dirname(find.package("rkeops")))
  methods <- registered$S3methods[, 1:2]
  methods <- methods[methods[, 2] %in% names(fits) & methods[, 1] != "Ops", ]
  subjects <- apply(methods, 1, function(one) {
    f <- utils::getS3method(one[[1]], one[[2]], TRUE, namespace)
    if (is.null(f)) f <- get0(paste(one, collapse = "."), namespace)
    if (is.null(f)) {
      return(NULL)
    }
    object <- fits[[one[[2]]]]
    given <- stats::setNames(list(object), names(formals(f))[[1L]])
    given$i <- if (one[[1]] == "[[") 1
    given$var <- if (one[[1]] == "keops_grad") "x"
    if ("newdata" %in% names(formals(f))) {
      given$newdata <- if (one[[2]] %in% of_frame) zoo_frame() else x
    }
    list(
      name = paste(one, collapse = "."), f = f, given = given, is_method = TRUE
    )
  })
  Filter(Negate(is.null), subjects)
}
