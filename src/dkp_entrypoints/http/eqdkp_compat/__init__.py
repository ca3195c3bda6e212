"""What EQdkp Plus's exchange API answered, answered here, so that the tools that ask it keep working (O-5).

Source: the functions points, raids, events, search, character, add_raid, add_item and add_adjustment of EQdkp Plus 2.3,
as third-party tools call them. Whatever is asked is done by the same use cases as the other operations run.
"""
