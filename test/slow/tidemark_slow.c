/* The program with one warehouse more, test/conformance/slow_driver.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "script.h"

void script_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    exit(2);
}

int main(int argc, char **argv)
{
    warehouse_register(&slow_ops);
    return command_main(argc, argv);
}
