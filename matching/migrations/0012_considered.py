from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0011_proposal_need'),
    ]

    operations = [
        migrations.AddField(
            model_name='runinput',
            name='considered',
            field=models.BinaryField(null=True),
        ),
    ]
