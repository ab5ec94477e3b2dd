/* The program: everything is in the library, so that tests can link it. */
#include "command/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
