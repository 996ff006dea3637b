import time
from assets.capture import capture_hour
from tests.conftest import *


def test_x(world):
    t = time.time()
    h = world.hour_that_grows()
    print(time.time() - t)
    world.turn_to_age(h, 3)
    for i in range(2):
        c = capture_hour(h, world.archive, lambda: world.runtime.platform(world.app), world.clock)
        print(time.time() - t)
    print(c)
    print(world.objects().keys())


def test_y(world):
    test_x(world)
