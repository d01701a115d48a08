# The formula language as tables, straight from the tables of the native code,
# and what the rest of R asks them: no other file lists operations, or
# reductions.

#' The formula language
#'
#' Every operation and every reduction that a formula can use, with its
#' definition, its derivative and an example. The vignette
#' `vignette("formula-language", package = "rkeops")` explains the rules around
#' them and prints both tables.
#'
#' @param table `"operations"` or `"reductions"`.
#' @return A data frame with one row for each name: `name`, `also` (other
#'   spellings), `arguments`, `dimensions` (of the formulas among them, and of
#'   the value; in elementwise operations one of dimension 1 is repeated),
#'   `takes` (real or complex numbers), `gives` (real, complex or logical ones;
#'   of a reduction: values, places or both), `definition`, `derivative`,
#'   `digits` (of an operation: where it loses digits, in any precision),
#'   `empty` (of a reduction: its value when there is nothing to reduce), and
#'   `example`, a formula of the variables `x = Vi(3)`, `y = Vj(3)`,
#'   `b = Vj(2)`, `z = Vi(4)`, `w = Vj(4)`, `p = Pm(1)`, `c = Pm(2)`,
#'   `A = Pm(6)`, `Q = Pm(9)`, `knots = Pm(7)`.
#' @seealso [keops_kernel()]
#' @export
#' @examples
#' operations <- formula_language()
#' nrow(operations)
#' operations[operations$name == "Matern52", c("definition", "example")]
#' formula_language("reductions")$name
formula_language <- function(table = "operations") {
  call <- rlang::current_env()
  if (!is_choice(table, c("operations", "reductions"))) {
    abort_argument("table", "\"operations\" or \"reductions\"", table, call)
  }
  check_native(language_table(table), call)[language_columns]
}

language_columns <- c(
  "name", "also", "arguments", "dimensions", "takes", "gives", "definition",
  "derivative", "digits", "empty", "example"
)

# ---- rows by their names ----

# Tables and rows are read once: they do not change.
known_rows <- new.env(parent = emptyenv())

remembered <- function(key, value) {
  # longer names are of no row, and R has no variables of theirs
  if (nchar(key, "bytes") > 1000L) {
    return(value)
  }
  if (is.null(known_rows[[key]])) assign(key, value, envir = known_rows)
  known_rows[[key]]
}

language_table <- function(table) remembered(table, r_language(table))

# Which rows have this name, this other spelling, or this symbol.
rows_named <- function(table, name) {
  spellings <- paste(table$name, table$also, table$infix, sep = ", ")
  which(vapply(strsplit(spellings, ", *"), function(known) name %in% known, NA))
}

# Reads what the table says of an operation of so many formulas. The native code
# refuses a name that is not there.
operation_row <- function(operation, count) {
  # R does not compare bytes of no encoding
  if (Encoding(operation) == "bytes") {
    operation <- iconv(operation, "", "UTF-8", sub = "byte")
  }
  remembered(paste(operation, count), find_operation(operation, count))
}

find_operation <- function(operation, count) {
  table <- language_table("operations")
  found <- rows_named(table, operation)
  fits <- as.integer(table$formulas[found]) == count
  place <- c(found[fits], found)[1L]
  row <- list(
    operands = rep("D", count), value = "D", takes = "real", gives = "real",
    unit = "drops", codes = "refuses"
  )
  if (is.na(place)) {
    return(row)
  }
  kinds <- c("takes", "gives", "unit", "codes")
  row[kinds] <- table[place, kinds]
  sides <- strsplit(table$dimensions[[place]], " -> ", fixed = TRUE)[[1L]]
  if (any(fits) && length(sides) == 2L) {
    row$operands <- strsplit(sides[[1L]], ", ", fixed = TRUE)[[1L]]
    row$value <- sides[[2L]]
  }
  row
}

# The operation that a function or an operator of R is, of real or of complex
# numbers; NA where there is none.
operation_in_r <- function(name, takes = "real", formulas = 1L) {
  key <- paste("in R", name, takes, formulas)
  remembered(key, find_in_r(name, takes, formulas))
}

find_in_r <- function(name, takes, formulas) {
  table <- language_table("operations")
  names <- strsplit(
    paste(table$name, tolower(table$name), table$in_r, sep = ", "), ", *"
  )
  is_called <- vapply(names, function(known) name %in% known, NA)
  is_simple <- table$formulas == formulas &
    lengths(strsplit(table$arguments, ", ")) == formulas
  table$name[is_called & is_simple & table$takes == takes][1L]
}

# How many of the arguments of an operation are formulas. Two rows may share a
# name: Max(f) and Max(f, g).
formula_count <- function(operation, given) {
  table <- language_table("operations")
  counts <- as.integer(table$formulas[rows_named(table, operation)])
  if (!length(counts) || given %in% counts) given else counts[[1L]]
}

# Reads what the table says of a reduction; the native code refuses a name that
# is not there. `ranked`: whether the result has K of its values.
reduction_row <- function(name) {
  remembered(paste0(name, "_Reduction"), find_reduction(name))
}

find_reduction <- function(name) {
  table <- language_table("reductions")
  place <- rows_named(table, paste0(name, "_Reduction"))[1L]
  if (is.na(place)) {
    return(list(takes = "real", gives = "values", wanted = "all",
                stays = FALSE, ranked = FALSE))
  }
  row <- as.list(table[place, ])
  row$stays <- row$stays == "yes"
  row$ranked <- grepl("\\bK\\b", row$arguments)
  row
}

gives_places <- function(name) {
  reduction_row(name)$gives %in% c("places", "values and places")
}

# The reduction that is called like a function of R, `Sum` for `sum`.
reduction_in_r <- function(generic) {
  names <- sub("_Reduction", "", language_table("reductions")$name)
  names[tolower(names) == generic]
}
