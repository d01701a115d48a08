# The files of the package keep their promises to users of earlier versions, to
# readers of the manual and to the web site.

names_of_1.x <- c(
  "keops_kernel", "keops_grad", "use_gpu", "use_cpu", "compile4gpu",
  "compile4cpu", "compile4float32", "compile4float64", "set_rkeops_option",
  "set_rkeops_options", "get_rkeops_option", "get_rkeops_options",
  "clean_rkeops", "get_build_dir", "helloWorld"
)

# Those that R has under the same name are methods here.
names_of_2.x <- c(
  "LazyTensor", "Vi", "Vj", "Pm", "unaryop.LazyTensor",
  "binaryop.LazyTensor", "ternaryop.LazyTensor", "reduction.LazyTensor",
  "is.LazyTensor", "is.ComplexLazyTensor", "is.LazyParameter",
  "is.ComplexLazyParameter", "is.LazyVector", "is.LazyMatrix", "is.int",
  "square", "rsqrt", "inv", "xlogx", "sinxdivx", "relu", "step", "ifelse",
  "clamp", "clampint", "mod", "sqnorm2", "norm2", "normalize", "sqdist",
  "weightedsqnorm", "weightedsqdist", "real2complex", "imag2complex", "exp1j",
  "elem", "elemT", "extract", "extractT", "concat", "one_hot", "matvecmult",
  "vecmatmult", "tensorprod", "argmin", "argmax", "sum_reduction",
  "min_reduction", "max_reduction", "argmin_reduction", "argmax_reduction",
  "min_argmin", "max_argmax", "min_argmin_reduction", "max_argmax_reduction",
  "Kmin", "Kmin_reduction", "argKmin", "argKmin_reduction", "Kmin_argKmin",
  "Kmin_argKmin_reduction", "logsumexp", "logsumexp_reduction",
  "sumsoftmaxweight", "sumsoftmaxweight_reduction", "grad",
  "rkeops_use_gpu", "rkeops_use_cpu", "rkeops_use_float32",
  "rkeops_use_float64", "rkeops_enable_verbosity", "rkeops_disable_verbosity",
  "get_rkeops_cache_dir", "set_rkeops_cache_dir", "stat_rkeops_cache_dir",
  "install_rkeops", "check_rkeops"
)

test_that("the names of rkeops 1.x and 2.x are exported", {
  exported <- getNamespaceExports("rkeops")
  expect_identical(setdiff(c(names_of_1.x, names_of_2.x), exported), character())
  x_i <- Vi(matrix(c(0.25, 0.5), 1))
  of_r <- c(
    "sqrt", "exp", "cos", "sin", "acos", "asin", "atan", "abs", "sign", "log",
    "round"
  )
  for (name in of_r) {
    expect_s4_class(get(name)(x_i), "LazyTensor")
  }
})

# The lines of each page that is not internal.
manual_pages <- function() {
  files <- list.files(file.path(source_root(), "man"), "[.]Rd$",
                      full.names = TRUE)
  pages <- lapply(files, readLines)
  names(pages) <- basename(files)
  internal <- vapply(pages, function(page) {
    any(grepl("\\keyword{internal}", page, fixed = TRUE))
  }, NA)
  pages[!internal]
}

aliases_of <- function(page) {
  lines <- grep("^\\\\alias\\{", page, value = TRUE)
  sub("\\\\alias\\{(.*)\\}", "\\1", lines)
}

test_that("every page of the manual says what is returned, with an example", {
  pages <- manual_pages()
  for (tag in c("\\value{", "\\examples{")) {
    has <- vapply(pages, function(page) any(startsWith(page, tag)), NA)
    expect_identical(names(has)[!has], character(), info = tag)
  }
})

test_that("the web site lists every page and every vignette", {
  skip_if_not_installed("yaml")
  site <- yaml::read_yaml(file.path(source_root(), "_pkgdown.yml"))
  listed <- function(part) unlist(lapply(site[[part]], `[[`, "contents"))
  aliases <- lapply(manual_pages(), aliases_of)
  is_listed <- vapply(aliases, function(names) {
    any(names %in% listed("reference"))
  }, NA)
  expect_identical(names(aliases)[!is_listed], character())
  expect_identical(setdiff(listed("reference"), unlist(aliases)), character())
  vignettes <- list.files(file.path(source_root(), "vignettes"), "[.]Rmd$")
  expect_setequal(listed("articles"), sub("[.]Rmd$", "", vignettes))
})

test_that("what the README links to is there, every vignette among it", {
  lines <- readLines(file.path(source_root(), "README.md"))
  links <- unlist(regmatches(lines, gregexpr("\\]\\([^)]+", lines)))
  targets <- sub("](", "", links, fixed = TRUE)
  here <- targets[!grepl("^https?:", targets)]
  expect_identical(
    here[!file.exists(file.path(source_root(), here))], character()
  )
  vignettes <- list.files(file.path(source_root(), "vignettes"), "[.]Rmd$")
  expect_identical(setdiff(file.path("vignettes", vignettes), here),
                   character())
  named <- unlist(regmatches(lines, gregexpr("vignette\\(\"[^\"]+", lines)))
  files <- paste0(sub("vignette(\"", "", named, fixed = TRUE), ".Rmd")
  expect_identical(setdiff(files, vignettes), character())
})

# The later one would silently take the place of the other everywhere.
test_that("no function of the package is defined in two files", {
  files <- list.files(file.path(source_root(), "R"), "[.]R$", full.names = TRUE)
  lines <- unlist(lapply(files, readLines))
  defined <- regmatches(lines, regexpr("^[A-Za-z._0-9]+(?= <- function)", lines,
                                       perl = TRUE))
  expect_gt(length(defined), 500)
  expect_identical(defined[duplicated(defined)], character())
})

# Statisticians look for words in the fields that help.search() reads.
test_that("the manual is found by the words of statistics", {
  fields <- lapply(manual_pages(), function(page) {
    lines <- grep("^\\\\(name|alias|title|concept)\\{", page, value = TRUE)
    tolower(sub("^\\\\[a-z]+\\{(.*)\\}", "\\1", lines))
  })
  words <- c(
    "kriging", "Gaussian process", "nearest neighbours", "nearest neighbors",
    "k-nearest neighbour classification", "k-means", "clustering",
    "mixture model", "kernel density estimation", "bandwidth",
    "kernel regression", "Nadaraya-Watson", "kernel ridge regression",
    "kernel PCA", "spectral clustering", "optimal transport", "Wasserstein",
    "two-sample test", "MMD", "support vector machine", "DBSCAN",
    "logistic regression", "test of independence", "distance matrix",
    "principal component", "conjugate gradients", "eigenvalues",
    "local linear regression", "classification", "geostatistics",
    "expectation-maximisation", "cross-validation", "permutation test"
  )
  is_found <- vapply(words, function(word) {
    any(grepl(tolower(word), unlist(fields), fixed = TRUE))
  }, NA)
  expect_identical(words[!is_found], character())
})
