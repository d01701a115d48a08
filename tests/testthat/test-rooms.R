# The order of rooms in src/README.md against the includes of the sources.

skip_on_cran()

# The rooms that the tables of src/README.md name, above to below; those of the
# headers first, since all of src/ may use them.
rooms_in_order <- function(root) {
  lines <- readLines(file.path(root, "src/README.md"))
  cells <- sub("^\\| `([^`]*)/` \\|.*", "\\1", grep("^\\| `", lines, value = TRUE))
  of_headers <- grepl("^rkeops", cells)
  c(cells[of_headers], cells[!of_headers])
}

# One row an include of another file of the package: `from` and `to` are paths,
# "src/ir/expr.h" or "rkeops/abi.h".
includes_in <- function(files) {
  rows <- lapply(names(files), function(from) {
    lines <- grep("^ *# *include", readLines(files[[from]]), value = TRUE)
    target <- sub("^ *# *include *[<\"]([^>\"]*)[>\"].*", "\\1", lines)
    quoted <- grepl("\"", lines)
    ours <- quoted | grepl("^rkeops/", target)
    to <- ifelse(quoted, paste0("src/", target), target)[ours]
    data.frame(from = rep(from, length(to)), to = to)
  })
  do.call(rbind, rows)
}

sources_of <- function(root) {
  pattern <- "\\.(cpp|h|cuh)$"
  ours <- list.files(file.path(root, "src"), pattern, recursive = TRUE)
  headers <- list.files(
    file.path(root, "inst/include"), pattern, recursive = TRUE
  )
  names <- c(paste0("src/", ours), headers)
  stats::setNames(
    file.path(root, c(paste0("src/", ours), paste0("inst/include/", headers))),
    names
  )
}

# "ir" of "src/ir/expr.h", "src" of "src/rkeops.cpp", "rkeops/math" of
# "rkeops/math/soft_dtw.h".
room_of <- function(path) {
  folder <- dirname(path)
  ifelse(folder == "src", folder, sub("^src/", "", folder))
}

# The includes of files of rooms that stand below.
below <- function(includes, order) {
  from <- match(room_of(includes$from), order)
  to <- match(room_of(includes$to), order)
  includes[to > from, ]
}

shown <- function(includes) {
  paste(includes$from, "includes", includes$to, collapse = "\n")
}

root <- source_root()
files <- sources_of(root)
includes <- includes_in(files)
order <- rooms_in_order(root)

test_that("src/README.md names every room, and no other", {
  expect_setequal(order, unique(room_of(names(files))))
  expect_identical(anyDuplicated(order), 0L)
})

test_that("files include each other by their path from src/ or inst/include/", {
  unknown <- includes[!includes$to %in% names(files), ]
  expect_identical(nrow(unknown), 0L, info = shown(unknown))
})

test_that("no room includes a file of a room below it", {
  wrong <- below(includes, order)
  expect_identical(nrow(wrong), 0L, info = shown(wrong))
})

test_that("the check of includes finds one from a room below", {
  wrong <- data.frame(from = "src/ir/expr.cpp", to = "src/pass/simplify.h")
  expect_identical(below(wrong, order), wrong)
  right <- data.frame(from = "src/pass/simplify.cpp", to = "src/ir/expr.h")
  expect_identical(nrow(below(right, order)), 0L)
  own <- data.frame(from = "src/ir/expr.cpp", to = "src/ir/expr.h")
  expect_identical(nrow(below(own, order)), 0L)
})

test_that("only the boundary knows R", {
  knows <- vapply(files, function(file) {
    any(grepl("#include <R(cpp|internals)?\\.h>", readLines(file)))
  }, logical(1))
  expect_identical(unique(room_of(names(files)[knows])), "src")
})

test_that("no name of a file is there twice", {
  names <- basename(names(files))
  expect_identical(names[duplicated(names)], character())
})

# ---- what R knows of the tables ----

# Calls c("A", "B", ...) in this code, all of whose values are among `names`.
lists_of <- function(code, names) {
  if (!is.call(code) && !is.expression(code)) {
    return(list())
  }
  own <- if (is.call(code) && identical(code[[1L]], quote(c))) {
    values <- as.list(code)[-1L]
    is_text <- vapply(values, is.character, NA)
    if (length(values) > 1L && all(is_text) && all(unlist(values) %in% names)) {
      list(code)
    }
  }
  parts <- Filter(Negate(rlang::is_missing), as.list(code))
  c(own, unlist(lapply(parts, lists_of, names), recursive = FALSE))
}

test_that("R keeps no list of operations or of reductions", {
  tables <- rbind(
    formula_language()[c("name", "also")],
    formula_language("reductions")[c("name", "also")]
  )
  names <- unlist(strsplit(unlist(tables, use.names = FALSE), ", *"))
  names <- sub("_Reduction", "", names)
  expect_length(lists_of(quote(f(c("Sum", "Mean"))), names), 1L)
  expect_length(lists_of(quote(f(c("Sum", "none"))), names), 0L)
  for (file in list.files(file.path(root, "R"), full.names = TRUE)) {
    found <- lists_of(parse(file, keep.source = FALSE), names)
    expect_identical(found, list(), info = file)
  }
})

test_that("the tables answer what R asks of a name", {
  expect_identical(operation_row("+", 2L)$unit, "keeps")
  expect_identical(operation_row("-", 1L)$unit, "keeps")
  expect_identical(operation_row("*", 2L)$unit, "multiplies")
  expect_identical(operation_row("Max", 1L)$value, "1")
  expect_identical(operation_row("Max", 2L)$value, "D")
  expect_identical(operation_row("<", 2L)[c("gives", "codes")],
                   list(gives = "logical", codes = "orders"))
  expect_identical(operation_row("nothing", 2L)$takes, "real")
  expect_identical(operation_in_r("ceiling"), "Ceil")
  expect_identical(operation_in_r("+", "complex", 2L), "ComplexAdd")
  expect_identical(operation_in_r("Re"), NA_character_)
  expect_identical(reduction_in_r("max"), "Max")
  expect_true(reduction_row("KMax_ArgKMax")$ranked)
  expect_identical(reduction_row("KMax")$wanted, "largest")
  expect_false(reduction_row("Sum")$ranked)
  expect_false(reduction_row("nothing")$stays)
  places <- Filter(gives_places, sub(
    "_Reduction", "", formula_language("reductions")$name
  ))
  expect_setequal(places, c(
    "ArgMin", "ArgMax", "Min_ArgMin", "Max_ArgMax", "ArgKMin", "ArgKMax",
    "KMin_ArgKMin", "KMax_ArgKMax"
  ))
})
