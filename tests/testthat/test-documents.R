# The documents of the sources: what they name exists, what they count is so.

skip_on_cran()

root <- source_root()

document_names <- c(
  "ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "src/README.md",
  file.path("design", list.files(file.path(root, "design"), "[.]md$")),
  "benchmarks/README.md"
)

read_document <- function(name) readLines(file.path(root, name), encoding = "UTF-8")

# Paths of files of the sources in these lines, patterns such as src/ir/ops_*.cpp
# among them.
paths_in <- function(lines) {
  folders <- "(R|src|inst|tests|tools|benchmarks|design|vignettes)"
  pattern <- paste0("(?<![\\w./])", folders, "/[\\w./*-]*\\w\\.[A-Za-z]{1,4}\\b")
  unique(unlist(regmatches(lines, gregexpr(pattern, lines, perl = TRUE))))
}

missing_paths <- function(lines) {
  paths <- paths_in(lines)
  paths[!lengths(lapply(file.path(root, paths), Sys.glob))]
}

# Rows `| name | value | file | seen in |` of the tables of thresholds.
thresholds_in <- function(lines) {
  rows <- grep("^\\| `\\w+` \\| `", lines, value = TRUE)
  cells <- strsplit(gsub("`", "", rows, fixed = TRUE), " *\\| *")
  data.frame(
    name = vapply(cells, `[[`, "", 2L), value = vapply(cells, `[[`, "", 3L),
    file = vapply(cells, `[[`, "", 4L)
  )
}

is_set <- function(threshold) {
  text <- paste(readLines(file.path(root, threshold$file)), collapse = "\n")
  pattern <- sprintf("\\b%s = \\Q%s\\E *[,;]", threshold$name, threshold$value)
  grepl(pattern, text, perl = TRUE)
}

test_that("every file that a document names exists", {
  for (name in document_names) {
    expect_identical(missing_paths(read_document(name)), character(), info = name)
  }
  expect_identical(missing_paths("see `src/nowhere/nothing.cpp`"), "src/nowhere/nothing.cpp")
  expect_identical(missing_paths("see `src/ir/ops_*.cpp`"), character())
})

test_that("thresholds have the values that design/ says", {
  count <- 0L
  for (name in grep("^design/", document_names, value = TRUE)) {
    thresholds <- thresholds_in(read_document(name))
    for (k in seq_len(nrow(thresholds))) {
      expect_true(is_set(thresholds[k, ]),
                  info = paste(name, thresholds$name[[k]]))
    }
    count <- count + nrow(thresholds)
  }
  expect_gte(count, 40L)
  wrong <- data.frame(name = "largest_share", value = "0.9",
                      file = "src/cover/pruned_run.cpp")
  expect_false(is_set(wrong))
})

test_that("ARCHITECTURE.md names every page of design/, and reads in ten minutes", {
  lines <- read_document("ARCHITECTURE.md")
  pages <- grep("^design/", document_names, value = TRUE)
  expect_setequal(grep("^design/", paths_in(lines), value = TRUE), pages)
  expect_lte(length(unlist(strsplit(lines, "[^[:alpha:]]+"))), 2500)
  for (name in pages) expect_lte(length(read_document(name)), 80L)
})

test_that("the counts of ARCHITECTURE.md hold", {
  text <- paste(read_document("ARCHITECTURE.md"), collapse = " ")
  counted <- function(pattern) {
    as.integer(sub(paste0(".*\\b([0-9]+) ", pattern, ".*"), "\\1", text))
  }
  operations <- formula_language("operations")
  expect_identical(counted("operations"), nrow(operations))
  definitions <- sum(operations$derivative == "by its definition")
  expect_identical(counted("of them definitions"), definitions)
  expect_identical(counted("reductions;"), nrow(formula_language("reductions")))
})
